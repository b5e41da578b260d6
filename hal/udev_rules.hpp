// udev rules as far as a board file needs them: that they can be read, and which links they make of what.
// The syntax is that of udev(7): KEY=="match", KEY+="assignment", separated by commas, one rule a line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fieldpost::hal {

struct UdevLink {
    std::string name;  // below /dev
    int line = 0;
    std::vector<std::string> matches;  // the values that the rule compares with, such as "fe201600.serial"
};

struct UdevProblem {
    int line = 0;
    int column = 0;
    std::string sentence;
};

struct UdevRules {
    std::vector<UdevLink> links;
    std::vector<UdevProblem> problems;
};

// Any text; never fails but by telling problems.
UdevRules read_udev_rules(std::string_view text);

}  // namespace fieldpost::hal
