#include "tools/city/reference.hpp"

#include "tools/city/words.hpp"

namespace fieldpost::city {

Reference refer(const Sources& sources, const Property& property, const Manners& manners, Random& random) {
    Reference out;
    const std::uint32_t drawn = random.below(100);
    if (drawn < manners.none)
        out.by = Link::none;
    else if (drawn < manners.none + manners.by_position && property.alone)
        out.by = Link::position;
    else if (drawn < manners.none + manners.by_position + manners.by_address)
        out.by = Link::address;

    const auto wander = [&random](int e7) { return random.between(-e7, e7); };
    switch (out.by) {
        case Link::none: {
            out.address = write_crossing(sources.plan, *property.segment);
            out.style = "crossing";
            out.has_position = out.address.empty() || random.percent(60);
            out.where = position_of(sources.plan.bent(sources.plan.at(property.segment->from)));
            break;
        }
        case Link::position:
            // Within three metres of the point that the assessor has: nearer to it than to any other
            // property.
            out.has_position = true;
            out.where = {property.position.lat_e7 + wander(180), property.position.lon_e7 + wander(235)};
            out.style = "plain";
            break;
        case Link::address: {
            Written written = write_address(sources.plan, property, manners.care, random);
            out.address = std::move(written.text);
            out.style = std::move(written.style);
            out.has_position = random.percent(40);
            out.where = property.position;
            break;
        }
        default:
            out.parcel_id = property.parcel_id;
            out.address = random.percent(40) ? upper(property.full_address) : property.full_address;
            out.has_position = random.percent(70);
            out.where = property.position;
            break;
    }
    return out;
}

void put_linked(const Sources& sources, Table& table, std::uint64_t row, const Fate& fate,
                const Property& property, const Reference& reference) {
    table.put(row, fate, reference.by);
    if (reference.by == Link::parcel) return;
    std::string& out = sources.truth.buffer();
    out += table.spec().source;
    out += ',';
    out += table.spec().file;
    out += ',';
    out += table.key();
    out += ',';
    if (reference.by != Link::none) out += property.parcel_id;
    out += reference.by == Link::address    ? ",address,"
           : reference.by == Link::position ? ",position,"
                                            : ",none,";
    out += reference.style;
    out += '\n';
    sources.truth.flush_if_full();
}

std::string shuffled_number(std::uint64_t row, std::uint64_t salt) {
    // A Feistel network over 28 bits: a permutation, so numbers stay unique. Row numbers stay
    // below 2^27 in the largest city.
    std::uint32_t left = static_cast<std::uint32_t>(row >> 14) & 0x3FFF;
    std::uint32_t right = static_cast<std::uint32_t>(row) & 0x3FFF;
    for (std::uint64_t round = 0; round < 4; ++round) {
        const std::uint32_t next = left ^ (static_cast<std::uint32_t>(hash(salt, round, right)) & 0x3FFF);
        left = right;
        right = next;
    }
    std::string out;
    append_padded(out, (std::int64_t{left} << 14) | right, 9);
    return out;
}

std::string phone(Random& random) {
    std::string out = "309-555-01";
    append_padded(out, random.below(100), 2);
    return out;
}

std::string inspector(Random& random) {
    // A department of a dozen people: the same names come again.
    Random staff(hash(0x57AFF, random.below(12)));
    const PersonName name = person(staff);
    return std::string(name.first.substr(0, 1)) + ". " + std::string(name.last);
}

}  // namespace fieldpost::city
