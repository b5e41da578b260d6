// Measurements in process; each gives JSON with its figures. tools/bench/run puts them into the report.
#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "sync/base/result.hpp"

namespace fieldpost::bench {

// Microseconds; the q-th quantile (0 to 1) of the samples, nearest rank.
double quantile(std::vector<double> samples, double q);

// Look-ups over a mounted city with the queries of a folder (lookup_files.hpp), `each` of every sort: what
// measure() gives, the 360° view as the API composes it and the ten nearest working hydrants of places.tsv,
// the percent of addresses that do not exist which the search is sure of (false_confident_share), and the
// time to open the file and answer once.
Result<boost::json::object> lookup(const std::filesystem::path& city, const std::filesystem::path& folder,
                                   std::size_t each);

// The same queries over one keep-alive connection to a device on this machine: p50_us and p99_us.
Result<boost::json::object> lookup_http(int port, const std::filesystem::path& folder, std::size_t each);

// Queries one after the other on one core, as many as it can for some seconds, while 1,000 changes a second
// are applied to the file (which is changed by this): how many a second, their quantiles up to p999_ms, and
// beside it control_p999_ms, how late the machine wakes a thread that only sleeps.
Result<boost::json::object> lookup_under_feed(const std::filesystem::path& city,
                                              const std::filesystem::path& folder, int seconds);

// Bytes of every table and index of a city file, by dbstat.
Result<boost::json::object> city_bytes(const std::filesystem::path& city);

// Observations made durable per second: our journal with `waiting` in flight, one at a time, and plain SQLite
// (WAL, synchronous=FULL, one transaction each) with the same bytes in the same folder.
Result<boost::json::object> journal(const std::filesystem::path& folder, std::size_t observations,
                                    std::size_t waiting);

// Records the first `count` observations of a file of JSON lines (observations.hpp) into a device's journal,
// as if its crew had been offline meanwhile. The device must not run.
Result<boost::json::object> record(const std::filesystem::path& journal, const std::string& device,
                                   const std::filesystem::path& file, std::size_t count);

// Bytes of an observation on the device's topic (signature and framing of the message in it, MQTT and TCP
// not): alone, in batches of 10 and of 200; plain, by zstd alone and with the dictionary. And of its
// operation by itself.
Result<boost::json::object> wire(const std::filesystem::path& file, std::size_t count);

}  // namespace fieldpost::bench
