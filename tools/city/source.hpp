// A source system: it fills its tables for each property, in the order of the city.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tools/city/reference.hpp"
#include "tools/city/table.hpp"

namespace fieldpost::city {

class Source {
  public:
    Source(const Sources& sources, std::string folder) : sources_(sources), folder_(std::move(folder)) {}
    virtual ~Source() = default;

    virtual void property(const Property& property) = 0;

    const std::vector<std::unique_ptr<Table>>& tables() const { return tables_; }

  protected:
    Table& open(const TableSpec& spec) {
        tables_.push_back(std::make_unique<Table>(spec, sources_.seed(), sources_.calendar.day(), folder_));
        return *tables_.back();
    }
    Random random_for(const Property& property, std::uint64_t purpose) const {
        return Random(hash(sources_.seed(), purpose, property.ordinal));
    }

    const Sources& sources_;

  private:
    std::string folder_;
    std::vector<std::unique_ptr<Table>> tables_;
};

// One for each source system, in the order of the README.
std::unique_ptr<Source> assessing(const Sources& sources, const std::string& folder);
std::unique_ptr<Source> permits(const Sources& sources, const std::string& folder);
std::unique_ptr<Source> enforcement(const Sources& sources, const std::string& folder);
std::unique_ptr<Source> case311(const Sources& sources, const std::string& folder);
std::unique_ptr<Source> erp(const Sources& sources, const std::string& folder);
std::unique_ptr<Source> fire(const Sources& sources, const std::string& folder);
std::unique_ptr<Source> clerk(const Sources& sources, const std::string& folder);

}  // namespace fieldpost::city
