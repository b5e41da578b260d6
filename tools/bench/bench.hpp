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

// Look-ups as people type them over a mounted city: whole addresses, each keystroke of some, parcel numbers,
// names; then the 360° view as the API composes it, and the nearest working hydrants, of as many properties.
Result<boost::json::object> lookup(const std::filesystem::path& city, std::size_t queries,
                                   std::uint64_t seed);

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
