// Inside of the quick sheet: what a plan says, and what other records let conclude.
#pragma once

#include "daemon/device/view/quick_sheet.hpp"

namespace fieldpost::device {

// The plan to go by: one that is surely of this property before any other, published before draft, then the
// one surveyed last. nullptr without one; what was superseded is none.
const HeldRecord* plan_of(const std::vector<HeldRecord>& records);

// Adds the fact unless the text is empty or a fact of that name is there already.
void add_fact(std::vector<Fact>& facts, std::string name, std::string label, std::string text,
              const Origin& origin);

void add_plan(QuickSheet& sheet, const HeldRecord& plan, const Now& now);
// Hazards, needs, contacts and warnings of all other records, and what stands for a plan that is not there.
void add_records(QuickSheet& sheet, const std::vector<HeldRecord>& records, const Now& now);

// The codes of a text such as "O2, MOB×2": parted by blanks, commas, semicolons or bars.
void add_needs(QuickSheet& sheet, std::string_view codes, const Origin& origin);

}  // namespace fieldpost::device
