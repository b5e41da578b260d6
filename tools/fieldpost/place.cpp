#include "tools/fieldpost/place.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>

#include "daemon/support/target.hpp"
#include "tools/fieldpost/format.hpp"
#include "tools/fieldpost/read_json.hpp"

namespace fieldpost::cli {
namespace {

constexpr double exact = 0.9995;  // scores come with three decimals

struct Candidate {
    std::string property;
    double score;
};

}  // namespace

bool is_record_id(std::string_view text) {
    static constexpr std::string_view letters = "0123456789abcdefghjkmnpqrstvwxyz";
    return text.size() == 13 && text.find_first_not_of(letters) == std::string_view::npos;
}

Outcome<std::string> find_place(Device& device, const std::string& text) {
    if (is_record_id(text)) return text;
    const auto answer = device.get("/search?limit=20&q=" + support::percent_encode(text));
    if (!answer) return answer.error();

    std::vector<Candidate> candidates;  // best first, one per property
    for (const auto& hit : array_at(*answer, "results")) {
        const std::string property = text_at(hit, "property");
        if (property.empty() ||
            std::ranges::find(candidates, property, &Candidate::property) != candidates.end())
            continue;
        candidates.push_back(Candidate{property, number_at(hit, "score").value_or(0)});
    }
    if (candidates.empty()) {
        return failure(Exit::not_found, "Not found", fmt::format("no property is found for \"{}\"", text));
    }
    const bool is_only = candidates.size() == 1;
    if (is_only || (candidates[0].score >= exact && candidates[1].score < exact))
        return candidates[0].property;
    return failure(Exit::usage, "Not one place",
                   fmt::format("\"{}\" may mean several places; say which by its id:\n\n{}", text,
                               format_search(*answer)));
}

}  // namespace fieldpost::cli
