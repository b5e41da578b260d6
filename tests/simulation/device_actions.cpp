// What a device's program does when its engine asks for it. Part of DeviceNode.
#include <algorithm>

#include "tests/simulation/device_node.hpp"

namespace fieldpost::simulation {

namespace {

using engine::Action;
using engine::Actions;
using engine::DeviceEngine;

// Epochs that are wanted within a minute. Each message that comes twice may want one more, so without a bound
// a device that does not get any wants them ever faster.
constexpr int most_epochs = 100;

template <class... Handlers>
struct Overloaded : Handlers... {
    using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;  // Clang 16 does not deduce it

}  // namespace

void DeviceNode::subscribe(const engine::SubscribeFeeds& wanted) {
    if (connection_ == 0) return;
    std::set<std::string> filters;
    for (const auto& feed : wanted.feeds) {
        if (wanted.live) filters.insert(protocol::topic::feed(feed));
        filters.insert(protocol::topic::feed_head(feed));
    }
    for (const auto& filter : filters_) {
        if (!filters.contains(filter)) broker_.unsubscribe(connection_, filter);
    }
    // Again also what stands: a broker may have forgotten it.
    for (const auto& filter : filters) broker_.subscribe(connection_, filter);
    filters_ = std::move(filters);
}

void DeviceNode::subscribe_to_hub() {
    broker_.subscribe(connection_, protocol::topic::down(id_));
    broker_.subscribe(connection_, protocol::topic::hub_presence());
}

void DeviceNode::job(Millis& free_at, std::function<void()> commit, std::function<void()> told) {
    free_at = std::max(stage_.now(), free_at) + (stage_.faults ? stage_.dice.between(0, 40) : 1);
    const std::uint64_t run = run_;
    stage_.after(free_at - stage_.now(), [this, run, commit = std::move(commit), told = std::move(told)] {
        if (run != run_) return;
        commit();
        look_at_power();
        if (run != run_) return;
        stage_.after(stage_.faults ? stage_.dice.between(0, 20) : 0, [this, run, told] {
            if (run == run_) told();
        });
    });
}

void DeviceNode::count_epoch() {
    if (stage_.now() - epochs_since_ > 60'000) {
        epochs_since_ = stage_.now();
        epochs_wanted_ = 0;
    }
    if (++epochs_wanted_ == most_epochs) {
        stage_.checker.problem({id_, 0, {}, {}}, "does not come to rest: it wants " +
                                                     std::to_string(most_epochs) +
                                                     " epochs within a minute, one after the other");
    }
}

void DeviceNode::carry_out(Action& action) {
    std::visit(
        Overloaded{
            [&](engine::Publish& publish) {
                check_request(publish);
                broker_.publish(connection_, {publish.topic, publish.payload, publish.retain});
            },
            [&](engine::SubscribeFeeds& wanted) { subscribe(wanted); },
            [&](engine::SubscribeAgain&) { subscribe_to_hub(); },
            [&](engine::NoteAck& noted) {
                if (stage_.strikes(0.05)) return;  // the journal was busy
                job(
                    journal_free_at_, [this, ack = noted.ack] { (void)journal_->note(ack); },
                    [this] { journal_->refresh(); });
            },
            [&](engine::NoteRights&) {},  // its cities are always mounted, and can be changed
            [&](engine::NoteInCity& noted) {
                if (stage_.strikes(0.05)) return;  // the journal was busy
                job(
                    journal_free_at_, [this, known = noted.known] { (void)journal_->note_in_city(known); },
                    [this] { journal_->refresh(); });
            },
            [&](engine::NoteDeliveries& note) {
                auto done = std::make_shared<bool>(false);
                job(
                    city_free_at_,
                    [this, note, done] {
                        if (stage_.strikes(0.03)) return;
                        *done = city_.note_deliveries(note).has_value();
                        tally_.deliveries += *done ? 1U : 0U;
                    },
                    [this, mark = note.mark, done] {
                        if (*done) engine_->deliveries_noted(mark);
                    });
            },
            [&](engine::OpenEpoch& open) {
                note({}, "opens an epoch: " + open.why);
                count_epoch();
                auto opened = std::make_shared<bool>(false);
                job(
                    journal_free_at_,
                    [this, from = journal_->epoch(), open, opened] {
                        *opened = journal_->open_epoch(from, open).has_value();
                        tally_.epochs += *opened ? 1U : 0U;
                    },
                    [this, opened] {
                        if (!*opened) return;
                        journal_->refresh();
                        drive([&](DeviceEngine& engine, Actions& actions) {
                            engine.epoch_opened(time(), actions);
                        });
                    });
            },
            [&](engine::ApplySegment& apply) {
                using Done = Result<engine::FeedPoint>;
                auto done = std::make_shared<Done>(fail(ErrorCode::full, "the disk is full"));
                job(
                    city_free_at_,
                    [this, apply, done] {
                        if (!city_.held().feeds.contains(apply.feed)) {  // lost meanwhile
                            *done = fail(ErrorCode::conflict, "the feed is not held");
                            return;
                        }
                        if (stage_.strikes(0.03)) return;
                        *done = city_.apply(apply);
                        if (*done) ++tally_.segments;
                    },
                    [this, done, feed = apply.feed] {
                        drive([&](DeviceEngine& engine, Actions& actions) {
                            if (!*done) return engine.feed_failed(time(), feed, done->error().code);
                            engine.feed_applied(time(), feed, **done, actions);
                        });
                    });
            },
            [&](engine::ChangeFeeds& change) {
                // The checksums are there for what nobody thought of: in here a row that the disk lost.
                for (const auto& feed : change.again) {
                    ++tally_.feeds_again;
                    if (city_.lost_rows().contains(feed)) continue;
                    stage_.checker.problem({id_, 0, records::feed_text(feed), {}},
                                           "holds other rows of feed " + records::feed_text(feed) +
                                               " than the hub has at the same change");
                }
                auto done = std::make_shared<bool>(false);
                job(
                    city_free_at_,
                    [this, change, done] {
                        *done = city_.change_feeds(change).has_value();
                        tally_.feed_changes += *done ? 1U : 0U;
                        note({}, std::string(*done ? "drops " : "cannot drop ") +
                                     std::to_string(change.drop.size()) + " feeds, add " +
                                     std::to_string(change.add.size()) + " and begin " +
                                     std::to_string(change.again.size()) + " again");
                    },
                    [this, done] {
                        drive([&](DeviceEngine& engine, Actions& actions) {
                            if (!*done) return engine.feeds_not_changed(time());
                            engine.feeds_changed(time(), city_.view(), actions);
                        });
                    });
            },
            [&](engine::PrepareArtifact& artifact) {
                auto missing = std::make_shared<std::vector<std::uint32_t>>();
                job(
                    city_free_at_,
                    [this, manifest = artifact.manifest, missing] { *missing = city_.prepare(manifest); },
                    [this, missing] {
                        drive([&](DeviceEngine& engine, Actions& actions) {
                            engine.artifact_prepared(time(), *missing, actions);
                        });
                    });
            },
            [&](engine::WriteBlock& write) {
                auto done = std::make_shared<bool>(false);
                job(
                    city_free_at_,
                    [this, write, done] {
                        *done = !stage_.strikes(0.02) &&
                                city_.write_block(write.block, write.content).has_value();
                        tally_.blocks += *done ? 1U : 0U;
                    },
                    [this, done, block = write.block] {
                        drive([&](DeviceEngine& engine, Actions& actions) {
                            if (!*done) return engine.artifact_failed(time());
                            engine.block_written(time(), block, actions);
                        });
                    });
            },
            [&](engine::FinishArtifact& artifact) {
                enum class End { failed, useless, mounted };
                auto end = std::make_shared<End>(End::failed);
                job(
                    city_free_at_,
                    [this, manifest = artifact.manifest, end] {
                        const auto done = city_.finish(manifest);
                        if (done) *end = *done ? End::mounted : End::useless;
                        tally_.mounts += *end == End::mounted ? 1U : 0U;
                        note({}, "finishes snapshot " + std::to_string(manifest.generation()));
                    },
                    [this, end] {
                        drive([&](DeviceEngine& engine, Actions& actions) {
                            if (*end == End::failed) return engine.artifact_failed(time());
                            engine.artifact_finished(time(), *end == End::mounted, city_.view(), actions);
                        });
                    });
            },
            [&](engine::Notice& notice) { note({}, "notes: " + notice.text); },
            [&](engine::NoteHub& hub) {
                if (!attachments_.hub_is(hub)) return;
                stage_.after(0, [this, run = run_] {
                    if (run != run_) return;
                    drive([&](DeviceEngine& engine, Actions& actions) {
                        engine.blobs_offered_again(time(), actions);
                    });
                });
            },
            [&](engine::NoteBlob& blob) { attachments_.note(blob); },
            [&](engine::NoteSafe& safe) {
                job(
                    journal_free_at_,
                    [this, position = safe.position] { (void)journal_->note_safe(position); }, [] {});
            },
        },
        action);
}

}  // namespace fieldpost::simulation
