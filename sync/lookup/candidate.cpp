#include "sync/lookup/candidate.hpp"

#include <fmt/format.h>

#include "sync/records/address_words.hpp"

namespace fieldpost::lookup {

namespace {

std::string shown(const std::string& folded) {
    return records::title_case(folded);
}

void add(std::string& out, std::string_view note) {
    out += "; ";
    out += note;
}

void explain_name(const AddressReason& reason, std::string& out) {
    const std::string name = shown(reason.street.name);
    if (reason.name.errors == 1) add(out, fmt::format("one letter differs from {}", name));
    if (reason.name.errors > 1) add(out, fmt::format("{} letters differ from {}", reason.name.errors, name));
    if (reason.name.errors > 0) return;
    if (reason.name.how == NameMatch::How::beginning) add(out, fmt::format("{} begins so", name));
    if (reason.name.how == NameMatch::How::words) add(out, fmt::format("part of the name {}", name));
}

void explain_street(const AddressReason& reason, std::string& out) {
    const Street& street = reason.street;
    if (!reason.typed_type.empty() && reason.typed_type != street.type) {
        add(out, street.type.empty()
                     ? "no street type is known here"
                     : fmt::format("{}, not {}", shown(street.type), shown(reason.typed_type)));
    }
    if (reason.errors_beside == 1) add(out, "one typing error beside the name");
    if (reason.errors_beside > 1)
        add(out, fmt::format("{} typing errors beside the name", reason.errors_beside));
    if (!reason.typed_direction.empty() && reason.typed_direction != street.direction) {
        add(out, street.direction.empty()
                     ? fmt::format("without {}", reason.typed_direction)
                     : fmt::format("{}, not {}", street.direction, reason.typed_direction));
    }
    if (reason.typed_direction.empty() && !street.direction.empty())
        add(out, "direction " + street.direction + " was not typed");
}

std::string explain_number(const AddressReason& reason) {
    if (reason.number_fit == NumberFit::not_typed) return "on the street";
    if (reason.number_fit == NumberFit::half_typed) return "house number begins so, and street";
    if (reason.number_fit == NumberFit::other_side)
        return fmt::format("street; {}–{} is on its other side", reason.number, reason.high);
    if (reason.number_fit == NumberFit::digit_off)
        return fmt::format("street; there is no {} here, one digit differs", reason.typed_number);
    if (reason.number_fit == NumberFit::nearest)
        return fmt::format("street; there is no {} here, this is the nearest number", reason.typed_number);
    std::string out = "house number and street";
    if (reason.high != 0) add(out, fmt::format("inside {}–{}", reason.number, reason.high));
    return out;
}

}  // namespace

bool holds(std::uint32_t low, std::uint32_t high, std::uint32_t number) {
    if (number < low || number > high) return false;
    const bool both_sides = (high - low) % 2 != 0;
    return both_sides || (number - low) % 2 == 0;
}

std::string explain(const AddressReason& reason) {
    std::string out = explain_number(reason);
    explain_name(reason, out);
    explain_street(reason, out);
    if (!reason.typed_part.empty() && reason.part != reason.typed_part) {
        add(out, reason.part.empty()
                     ? fmt::format("{} is not listed, this is the whole house", reason.typed_part)
                 : reason.part.starts_with(reason.typed_part)
                     ? fmt::format("{} begins so", reason.part)
                     : fmt::format("{} is not listed, this is {}", reason.typed_part, reason.part));
    } else if (!reason.typed_part.empty()) {
        add(out, "unit " + reason.part);
    }
    if (reason.unread > 0)
        add(out, reason.unread == 1 ? "one word was not used" : "some words were not used");
    return out;
}

}  // namespace fieldpost::lookup
