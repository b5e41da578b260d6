// A city of two files in a folder that goes with the test: parcels and permits, with mapping files.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/hub/ingest/import.hpp"
#include "daemon/hub/store/imports.hpp"
#include "daemon/hub/store/store.hpp"

namespace fieldpost::hub::testing {

class SmallCity {
  public:
    SmallCity();
    ~SmallCity();
    SmallCity(const SmallCity&) = delete;
    SmallCity& operator=(const SmallCity&) = delete;

    std::filesystem::path city_dir() const { return folder_ / "city"; }
    std::filesystem::path data_dir() const { return folder_ / "data"; }
    void write(const std::filesystem::path& file, const std::string& text) const;
    void write_data(const std::string& name, const std::string& text) const {
        write(data_dir() / name, text);
    }
    // Replaces `from` by `to` in a mapping file; fails the test when it is not there.
    void edit_mapping(const std::string& name, const std::string& from, const std::string& to) const;

    // Opens the store when it is not open.
    Store& store();
    void close_store() { store_.reset(); }
    // The mapping files are expected to be right.
    ImportReport import(const std::set<std::string>& allow_deletes = {}, UnixSeconds now = 1'700'000'000);
    Result<ImportReport> try_import(const std::set<std::string>& allow_deletes = {},
                                    UnixSeconds now = 1'700'000'000,
                                    const std::set<std::string>& drop_profiles = {});
    std::vector<QuarantinedRow> quarantine(const std::string& dataset);

  private:
    std::filesystem::path folder_;
    std::unique_ptr<Store> store_;
};

// Every row of the store as devices hold it, and how it is linked.
std::map<std::string, std::string> content(Store& store);

// Imports in a process of its own, which kills itself so many changed rows after so many commits; false when
// the import came to its end before.
bool import_killed_after(SmallCity& city, int commits, int rows);

// Of a dataset's report; fails the test when it is not there.
const DatasetReport& dataset(const ImportReport& report, const std::string& name);

inline constexpr const char* parcels_csv =
    "parcel,address,lat,lon,use\n"
    "1-1,10 Main St,42.31,-71.11,House\n"
    "1-2,12 Main St,42.32,-71.12,House\n"
    "1-3,14 Main St,42.33,-71.13,Shop\n";

inline constexpr const char* permits_csv =
    "number,type,parcel,address,issued,cost,applicant\n"
    "B-1,Roof,1-1,,2024-01-02,\"$1,500.00\",Ada\n"
    "B-2,Roof,,12 MAIN STREET,3/4/2024,$20.00,Bert\n"
    "B-3,Sign,9-9,99 Nowhere Rd,2024-05-06,0,Cleo\n";

}  // namespace fieldpost::hub::testing
