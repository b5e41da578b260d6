// What the surveyor calls a street.

#include <cstdlib>

#include "tools/city/surveyor.hpp"
#include "tools/city/words.hpp"

namespace fieldpost::city {
namespace {

std::string ordinal_text(int ordinal) {
    std::string_view ending = "th";
    if (ordinal / 10 % 10 != 1) {
        if (ordinal % 10 == 1) ending = "st";
        if (ordinal % 10 == 2) ending = "nd";
        if (ordinal % 10 == 3) ending = "rd";
    }
    std::string out;
    append_int(out, ordinal);
    out += ending;
    return out;
}

std::string_view draw_type(StreetClass kind, Random& random) {
    // In the order of street_types(): St Ave Rd Dr Pl Ln Ct Blvd Ter Way Pkwy Cir Sq Hwy Trl Aly.
    constexpr int kArterial[] = {20, 35, 15, 0, 0, 0, 0, 22, 0, 0, 6, 0, 0, 2, 0, 0};
    constexpr int kRadial[] = {0, 20, 40, 0, 0, 0, 0, 10, 0, 0, 10, 0, 0, 20, 0, 0};
    constexpr int kLocal[] = {38, 26, 9, 9, 6, 4, 0, 2, 3, 2, 0, 0, 1, 0, 0, 1};
    constexpr int kCourt[] = {0, 0, 0, 5, 14, 16, 40, 0, 6, 7, 0, 10, 0, 0, 2, 0};
    const auto index = kind == StreetClass::arterial ? random.weighted(kArterial)
                       : kind == StreetClass::radial ? random.weighted(kRadial)
                       : kind == StreetClass::local  ? random.weighted(kLocal)
                                                     : random.weighted(kCourt);
    return street_types()[index].posted;
}

}  // namespace

std::int32_t Surveyor::arterial(int axis, int line) {
    const auto [place, added] = arterials_.try_emplace({axis, line}, 0);
    if (!added) return place->second;
    const FixedName base_line{axis == 1 ? "Main" : "Market", "St"};
    return place->second = found_street(StreetClass::arterial, true, 0, line == 0 ? &base_line : nullptr);
}

std::int32_t Surveyor::local(const Tile& tile, const Reach& reach) {
    if (const auto found = reaches_.find(reach); found != reaches_.end()) return found->second;
    // Numbered streets run beside the base lines: 12th St north and south of Market, 12th Ave beside Main.
    const bool numbered = (reach.tile == 0 || reach.tile == -1) && reach.line > 0 && reach.line % 2 == 0 &&
                          (reach.axis == 1 || reach.line > plan_.tile_lines_);
    if (numbered) {
        const auto [place, added] = arterials_.try_emplace({reach.axis, reach.line}, 0);
        const FixedName number{ordinal_text(reach.line / 2), reach.axis == 1 ? "St" : "Ave"};
        if (added) place->second = found_street(StreetClass::local, true, 0, &number);
        return reaches_[reach] = place->second;
    }

    const bool at_base = (reach.tile == 0 || reach.tile == -1) && reach.half == 0;
    Reach before = reach;
    if (reach.half == 1) {
        before.half = 0;
    } else if (at_base) {
        before.tile = -1 - reach.tile;
    } else {
        before.tile += reach.tile > 0 ? -1 : 1;
        before.half = 1;
    }
    const std::uint64_t drawn =
        hash(plan_.seed_, 0x10CA, reach.axis, reach.line, reach.tile, reach.half) % 100;
    if (const auto found = reaches_.find(before); found != reaches_.end()) {
        const Street& street = plan_.streets_[static_cast<std::size_t>(found->second)];
        // Only a street with N and S (or E and W) may cross the base line: its numbers begin anew there.
        const bool continues = at_base ? street.directed : drawn < (reach.half == 1 ? 45u : 30u);
        if (continues) return reaches_[reach] = found->second;
    }
    const bool directed = drawn % 4 == 0;
    const int size = plan_.tile_lines_;
    int start = reach.tile >= 0 ? reach.tile * size : (reach.tile + 1) * size;
    if (reach.half == 1) start += reach.tile >= 0 ? size / 2 : -size / 2;
    return reaches_[reach] =
               found_street(StreetClass::local, directed, tile.own_numbers && !directed ? start : 0);
}

std::int32_t Surveyor::found_street(StreetClass kind, bool directed, int start_line, const FixedName* fixed) {
    const std::size_t serial = plan_.streets_.size();
    Street street;
    street.kind = kind;
    street.directed = directed;
    street.direction_after = directed && hash(plan_.seed_, 0xAF7E, serial) % 100 < 14;
    street.start_line = start_line;
    if (fixed != nullptr) {
        street.name = fixed->name;
        street.type = fixed->type;
        street.direction_after = false;
        taken_.insert(street.name + "|" + street.type);
    } else {
        choose_name(street, serial);
    }
    plan_.streets_.push_back(std::move(street));
    return static_cast<std::int32_t>(serial);
}

bool Surveyor::take(const std::string& name, const std::string& type) {
    return taken_.insert(name + "|" + type).second;
}

void Surveyor::choose_name(Street& street, std::size_t serial) {
    Random random(hash(plan_.seed_, 0x4A3E, serial));
    do {
        street.type = draw_type(street.kind, random);
        street.name = fresh_name(serial, street.kind, random);
        const bool stands_alone = street.name == "Broadway" || street.name == "Avenue of the Arts" ||
                                  street.name == "Old US 51" || street.name.starts_with("Avenue ") ||
                                  street.name.starts_with("County Road ");
        if (stands_alone) street.type.clear();
        if (street.name == "Martin Luther King Jr") street.type = "Blvd";
        if (street.name == "Dr Charles Drew") street.type = "Dr";
    } while (!take(street.name, street.type));

    const bool honours = street.name == "Martin Luther King Jr" || street.name == "Cesar E Chavez" ||
                         street.name == "John F Kennedy";
    if (honours || (street.kind == StreetClass::local && random.percent(4))) {
        std::string name, type;
        do {
            name = fresh_name(plan_.streets_.size() + 1'000'003, StreetClass::court, random);
            type = draw_type(StreetClass::local, random);
        } while (!take(name, type));
        street.former_name = name + " " + type;
    }
}

std::string Surveyor::fresh_name(std::size_t serial, StreetClass kind, Random& random) {
    const Words awkward = awkward_street_names();
    if (kind == StreetClass::arterial || kind == StreetClass::radial) {
        if (random.percent(3)) return "Broadway";
        if (random.percent(85)) return std::string(random.pick(arterial_names()));
    }
    if (kind == StreetClass::local) {
        // Every city has its awkward names, and has them early.
        const std::size_t turn = serial / 4;
        if (serial % 4 == 1 && turn < awkward.size()) {
            const auto start = static_cast<std::size_t>(hash(plan_.seed_, 0xA3) % awkward.size());
            const std::string name(awkward[(start + turn * 7) % awkward.size()]);
            bool used = false;
            for (const StreetType& type : street_types()) {
                used = used || taken_.contains(name + "|" + std::string(type.posted));
            }
            if (!used && !taken_.contains(name + "|")) return name;
        }
        if (random.permille(8)) return std::string("Avenue ") + static_cast<char>('A' + random.below(26));
        if (random.permille(6)) {
            std::string name = "County Road ";
            append_int(name, random.between(2, 99));
            return name;
        }
        // The same name with another type: what makes a missing type matter.
        if (serial > 8 && random.percent(18)) {
            const Street& other = plan_.streets_[random.below(static_cast<std::uint32_t>(serial))];
            const bool ordinal = other.name.front() >= '0' && other.name.front() <= '9';
            if (other.kind == StreetClass::local && !other.type.empty() && !ordinal) return other.name;
        }
    }
    if (random.percent(kind == StreetClass::court ? 30 : 70))
        return std::string(random.pick(plain_street_names()));
    std::string name(random.pick(street_name_openings()));
    name += ' ';
    name += random.pick(street_name_endings());
    return name;
}

}  // namespace fieldpost::city
