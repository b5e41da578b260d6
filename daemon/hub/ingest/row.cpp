#include "daemon/hub/ingest/row.hpp"

#include "daemon/hub/ingest/csv_rows.hpp"
#include "daemon/hub/ingest/ogr_rows.hpp"
#include "daemon/hub/ingest/text.hpp"

namespace fieldpost::hub {

Result<std::unique_ptr<RowReader>> open_rows(const std::filesystem::path& file, const OpenOptions& options) {
    std::error_code error;
    if (!std::filesystem::exists(file, error)) {
        return fail(ErrorCode::not_found, "there is no file " + file.string());
    }
    const auto extension = upper_ascii(file.extension().string());
    if (extension == ".CSV" || extension == ".TSV" || extension == ".TXT") return open_csv(file);
    return open_ogr(file, options);
}

}  // namespace fieldpost::hub
