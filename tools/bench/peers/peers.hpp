// Other searches, each with the rows and queries of one folder (tools/bench/lookup_files.hpp). README.md says
// how each was tuned. All give the members of measure(), and build_s, index_bytes, pss_mb of this process;
// `view` and others that only Fieldpost has are missing.
#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <string>

#include "sync/base/result.hpp"

namespace fieldpost::bench {

enum class Fts5 { prefix, trigram };
// `file` is made anew.
Result<boost::json::object> fts5_peer(const std::filesystem::path& folder, const std::filesystem::path& file,
                                      std::size_t each, Fts5 kind);

// Tables are made anew in the database. Besides, nearest_p50_us and nearest_p99_us where PostGIS is
// installed.
Result<boost::json::object> postgres_peer(const std::filesystem::path& folder, const std::string& server,
                                          std::size_t each);

// Lower-case words with single spaces between them: what the peers index and are asked.
std::string folded(std::string_view text);
// This process's proportional share of memory, MB.
double pss_mb();

}  // namespace fieldpost::bench
