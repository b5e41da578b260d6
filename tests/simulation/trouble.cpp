// What goes wrong in a world. Part of World.
#include <algorithm>
#include <array>

#include "tests/simulation/world.hpp"

namespace fieldpost::simulation {

CityChange World::random_change() {
    Dice& dice = stage_.dice;
    CityChange change;
    const std::string number = std::to_string(dice.below(25));
    // Now and then what crews say, too.
    const std::string content = dice.chance(0.05) ? "agreed" : std::to_string(dice.below(1000));
    switch (dice.below(3)) {
        case 0: {
            auto permit = std::make_shared<records::Permit>();
            change.kind = records::PERMIT;
            permit->set_permit_number(number);
            permit->set_status(content);
            permit->set_applicant("Ada " + content);
            // The mapping raises its label.
            if (dice.chance(0.3)) change.labels["status"] = {records::CONFIDENTIAL, "general"};
            change.message = std::move(permit);
            break;
        }
        case 1: {
            auto party = std::make_shared<records::Party>();
            change.kind = records::PARTY;
            party->set_name("Party " + number);
            party->set_email(content);
            if (dice.chance(0.5)) party->set_needs(content);
            change.message = std::move(party);
            break;
        }
        default: {
            auto hazard = std::make_shared<records::Hazard>();
            change.kind = records::HAZARD;
            hazard->set_hazard_id(number);
            hazard->set_product(content);
            change.message = std::move(hazard);
        }
    }
    change.key = number;
    const std::uint64_t areas = dice.below(3);
    if (areas != 1) change.areas.emplace_back("east");
    if (areas != 0) change.areas.emplace_back("west");
    // Some are never taken away: what crews do to them has one history.
    if (dice.chance(0.15) && number.size() > 1) change.message.reset();
    return change;
}

void World::change_city(std::uint64_t most) {
    std::vector<CityChange> changes;
    const bool is_news = !stage_.dice.chance(0.15);
    for (std::uint64_t i = is_news ? 1 + stage_.dice.below(most) : 0; i > 0; --i)
        changes.push_back(random_change());
    hub_->change(changes);
}

// ------------------------------------------------------------------ trouble

void World::record() {
    DeviceNode& device = any_device();
    std::string shared;
    if (may(Weather::shared_ids) && stage_.dice.chance(0.05))
        shared = "shared-" + std::to_string(stage_.dice.below(++shared_));
    // Perhaps it corrects what any crew said.
    device.record(shared, any_device().any_observation());
}

void World::one_fault() {
    Dice& dice = stage_.dice;
    static constexpr std::array moments = {
        Weather::link_lost,        Weather::partition,        Weather::broker_restart,
        Weather::broker_amnesia,   Weather::broker_deaf,      Weather::device_power,
        Weather::device_power,     Weather::device_killed,    Weather::device_disk_full,
        Weather::device_reimaged,  Weather::device_old_copy,  Weather::device_old_copy,
        Weather::hub_power,        Weather::hub_power,        Weather::hub_killed,
        Weather::hub_disk_full,    Weather::hub_restored,     Weather::profile_changed,
        Weather::snapshots_built,  Weather::import,           Weather::clocks,
        Weather::clocks,           Weather::decisions,        Weather::decisions,
        Weather::revoked,          Weather::rows_lost,        Weather::link_rights,
        Weather::journals_trimmed, Weather::journals_trimmed, Weather::journals_trimmed,
        Weather::journals_trimmed};
    const Weather kind = moments[dice.below(moments.size())];
    if (!may(kind)) return;
    const std::size_t which = any_device_index();
    DeviceNode& device = *devices_[which];
    CrashDisk& device_disk = machines_[which + 1]->disk;
    CrashDisk& hub_disk = machines_.front()->disk;
    switch (kind) {
        case Weather::link_lost:
            device.disconnect(dice.between(10, 20'000));
            break;
        case Weather::partition: {
            const Millis until = stage_.now() + dice.between(500, 30'000);
            broker_.partition(dice.chance(0.3) ? "hub" : device.id(), until);
            break;
        }
        case Weather::broker_restart:
            broker_.restart(dice.chance(0.5));
            break;
        case Weather::broker_amnesia:
            broker_.forget(false);
            break;
        case Weather::broker_deaf:
            broker_.forget(true);
            break;
        case Weather::device_power:
            device_disk.cut_at(1 + dice.below(plan_.store == Plan::Store::sqlite ? 60 : 8));
            break;
        case Weather::device_killed:
            if (device.running()) device.die(CrashDisk::Loss::nothing, dice.between(50, 8000));
            break;
        case Weather::device_disk_full:
            device_disk.set_size(device_disk.used() + 1 + dice.below(20'000));
            stage_.after(dice.between(500, 15'000), [&device_disk] { device_disk.set_size(0); });
            break;
        case Weather::device_reimaged:
            if (device.running() && dice.chance(0.5)) device.reimage();
            break;
        case Weather::device_old_copy:
            if (!device.running()) break;
            if (dice.chance(0.5)) {
                device.keep_copy();
            } else if (plan_.planted != Planted::journal_without_sync) {
                device.restore_copy();
            }
            break;
        case Weather::hub_power:
            hub_disk.cut_at(1 + dice.below(plan_.store == Plan::Store::sqlite ? 200 : 40));
            break;
        case Weather::hub_killed:
            if (hub_->running()) hub_->die(CrashDisk::Loss::nothing, dice.between(50, 8000));
            break;
        case Weather::hub_disk_full:
            hub_disk.set_size(hub_disk.used() + 1 + dice.below(20'000));
            stage_.after(dice.between(500, 15'000), [&hub_disk] { hub_disk.set_size(0); });
            break;
        case Weather::hub_restored:
            if (!hub_->running()) break;
            if (dice.chance(0.5)) {
                back_up();
            } else if (epochs() != epochs_at_backup_ && !may(Weather::hub_restored_past_epochs)) {
                break;
            } else if (hub_->restore_backup(dice.between(100, 8000))) {
                std::ranges::fill(registered_, std::string());  // the backup may say otherwise
            }
            break;
        case Weather::profile_changed: {
            const auto& profiles = sample_city().profiles;
            profiles_[which] = profiles[dice.below(profiles.size())].name;
            break;
        }
        case Weather::snapshots_built:
            hub_->build_snapshots();
            break;
        case Weather::import:
            change_city(40);
            break;
        case Weather::clocks: {
            constexpr std::int64_t year_us = 31'556'952'000'000;
            const std::int64_t offset = dice.chance(0.4)   ? 0
                                        : dice.chance(0.3) ? -true_start_ms * 1000
                                                           : dice.between(-10 * year_us, 10 * year_us);
            device.set_clock(offset);
            if (!folder_.empty()) clocks_[folder_ + "/" + device.id()] = offset / 1000;
            if (!folder_.empty() && dice.chance(0.3)) clocks_[folder_ + "/hub"] = offset / 1000;
            break;
        }
        case Weather::decisions:
            hub_->decide();
            break;
        case Weather::revoked:
            if (dice.chance(0.1)) revoke(which);
            break;
        case Weather::rows_lost:
            if (device.running()) device.lose_row();
            break;
        case Weather::journals_trimmed:
            if (dice.chance(0.4)) {
                back_up();
            } else {
                for (auto& any : devices_) {
                    if (dice.chance(0.5)) any->make_room();
                }
            }
            break;
        case Weather::link_rights: {
            auto rights = engine::SendRights::all();
            for (const engine::SendClass what : engine::send_classes) {
                if (what != engine::SendClass::urgent && dice.chance(0.4)) rights.forbid(what);
            }
            device.set_rights(rights);
            stage_.after(dice.between(500, 20'000),
                         [&device] { device.set_rights(engine::SendRights::all()); });
            break;
        }
        default:
            break;
    }
    register_devices();
}

void World::back_up() {
    if (hub_->keep_backup()) epochs_at_backup_ = epochs();
}

void World::revoke(std::size_t which) {
    broker_.withdraw_feeds(devices_[which]->id());
    revoked_.insert(which);
}

// How often a device began to write another journal than before.
std::uint64_t World::epochs() const {
    std::uint64_t count = 0;
    for (const auto& device : devices_) count += device->tally().epochs + device->tally().replaced;
    return count;
}

void World::go_wrong(Millis duration) {
    const auto often = [&](Millis least, Millis most, std::size_t share, const std::function<void()>& what) {
        struct Again {
            static void next(World& world, Millis from, Millis to, const std::function<void()>& what_again) {
                world.stage_.after(world.stage_.dice.between(from, to), [&world, from, to, what_again] {
                    if (!world.stage_.faults) return;
                    what_again();
                    next(world, from, to, what_again);
                });
            }
        };
        const auto many = static_cast<Millis>(share);
        Again::next(*this, std::max<Millis>(1, least / many), std::max<Millis>(2, most / many), what);
    };
    often(1, 6000, devices_.size(), [this] { record(); });
    if (may(Weather::changes)) often(1, 4000, 1, [this] { change_city(3); });
    often(300, 6000, std::min<std::size_t>(devices_.size(), 5), [this] { one_fault(); });
    stage_.run_until(stage_.now() + duration);
}

}  // namespace fieldpost::simulation
