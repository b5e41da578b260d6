#include "daemon/device/city/city_cache.hpp"

#include <spdlog/spdlog.h>

#include "daemon/device/city/city_files.hpp"

namespace fieldpost::device {

namespace {

// Segments and blocks that wait; the engine's credit keeps it far below.
constexpr std::size_t max_jobs = 256;

}  // namespace

CityCache::CityCache(std::filesystem::path folder, Post post)
    : post_(std::move(post)),
      files_(std::make_unique<Files>(std::move(folder))),
      thread_(std::make_unique<support::WorkerThread>("city", max_jobs)) {}

CityCache::~CityCache() {
    thread_->drain_and_join();
}

Result<std::optional<Mounted>> CityCache::open() {
    return files_->open();
}

template <class F>
void CityCache::run(F&& job, std::function<void(Error)> refused) {
    if (!thread_->post(std::forward<F>(job))) {
        post_([refused = std::move(refused)] {
            refused(fail(ErrorCode::full, "the city's writer cannot keep up"));
        });
    }
}

void CityCache::mend(std::function<void(Result<std::optional<Mounted>>)> done) {
    run([this, done] { post_([done, result = files_->mend()] { done(result); }); }, done);
}

void CityCache::note_rights(std::set<records::FeedId> feeds) {
    run([this, feeds = std::move(feeds)] { files_->note_rights(feeds); },
        [](const Error& error) { spdlog::error("what this device may hold: {}", error.message); });
}

void CityCache::apply(records::FeedId feed, protocol::FeedSegment segment, std::int64_t now_s,
                      std::function<void(Result<engine::FeedPoint>)> done) {
    run([this, feed = std::move(feed), segment = std::move(segment), now_s,
         done] { post_([done, result = files_->apply(feed, segment, now_s)] { done(result); }); },
        done);
}

void CityCache::change_feeds(engine::ChangeFeeds change,
                             std::function<void(Result<engine::MountedCity>)> done) {
    run([this, change = std::move(change),
         done] { post_([done, result = files_->change_feeds(change)] { done(result); }); },
        done);
}

void CityCache::note_deliveries(engine::NoteDeliveries note, std::function<void(Status)> done) {
    run([this, note = std::move(note),
         done] { post_([done, result = files_->note_deliveries(note)] { done(result); }); },
        done);
}

void CityCache::prepare(protocol::Manifest manifest,
                        std::function<void(Result<std::vector<std::uint32_t>>)> done) {
    run([this, manifest = std::move(manifest),
         done] { post_([done, result = files_->prepare(manifest)] { done(result); }); },
        done);
}

void CityCache::write_block(std::uint32_t block, Bytes content, std::function<void(Status)> done) {
    run([this, block, content = std::move(content),
         done] { post_([done, result = files_->write_block(block, content)] { done(result); }); },
        done);
}

void CityCache::drop_older(std::function<void(std::size_t)> done) {
    run([this, done] { post_([done, removed = files_->drop_older()] { done(removed); }); },
        [done](const Error&) { done(0); });
}

std::chrono::steady_clock::duration CityCache::busy_for() const {
    return thread_->busy_for();
}

std::string CityCache::left_over() const {
    return files_->left_over();
}

void CityCache::finish(protocol::Manifest manifest, std::function<void(Result<Mounted>)> done) {
    run([this, manifest = std::move(manifest),
         done] { post_([done, result = files_->finish(manifest)] { done(result); }); },
        done);
}

}  // namespace fieldpost::device
