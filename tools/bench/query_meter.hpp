// Asks a search many queries and tells how fast it answered and how often it was right.
#pragma once

#include <boost/json/object.hpp>
#include <vector>

#include "sync/base/result.hpp"
#include "tools/bench/lookup_files.hpp"

namespace fieldpost::bench {

class Searcher {
  public:
    virtual ~Searcher() = default;
    // What is timed: the search alone.
    virtual Status ask(const AskedQuery& asked) = 0;
    // What the last ask() found, best first, as it would stand on the screen.
    virtual std::vector<records::RecordId> found() = 0;
};

// Asks every query twice in a random order, the first time to warm up, and measures the second. For each sort
// of queries: asked, p50_us, p99_us, clear (without a rival), and of those the percents first and in_five.
// Under "mixed" the quantiles of all sorts together.
Result<boost::json::object> measure(std::vector<AskedQuery> queries, Searcher& searcher);

}  // namespace fieldpost::bench
