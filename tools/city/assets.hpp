// assets/: what stands in the street. Made segment by segment.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tools/city/layer.hpp"
#include "tools/city/reference.hpp"

namespace fieldpost::city {

class Assets {
  public:
    Assets(const Sources& sources, const std::string& folder);

    // `number`: the segment's place in the plan.
    void segment(const Segment& segment, std::uint64_t number);

    const std::vector<std::unique_ptr<Layer>>& layers() const { return layers_; }

  private:
    void place(Layer& layer, char letter, const Segment& segment, std::uint64_t number, int k, int born);
    void several(Layer& layer, char letter, const Segment& segment, std::uint64_t number, int count);
    void describe(Layer& layer, char letter, bool working, const Fate& fate, Day inspected, Random& random);
    void hydrant(Layer& layer, bool working, const Fate& fate, Day inspected, Random& random);

    const Sources& sources_;
    std::vector<std::unique_ptr<Layer>> layers_;
};

}  // namespace fieldpost::city
