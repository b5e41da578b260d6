#include <chrono>
#include <condition_variable>
#include <mutex>

#include "bench.hpp"
#include "daemon/device/journal/journal.hpp"
#include "sync/base/crypto.hpp"
#include "tools/bench/observations.hpp"

namespace fieldpost::bench {

namespace {

using Clock = std::chrono::steady_clock;

// As an inspector's note with position and time comes out.
protocol::Operation typical_operation(std::size_t number) {
    protocol::Operation operation;
    operation.set_id(random_uuid());
    operation.set_property(0x1234567890abcdefULL);
    operation.mutable_time()->set_utc_us(1'790'000'000'000'000 + static_cast<std::int64_t>(number));
    operation.mutable_time()->set_quality(protocol::TIME_GNSS);
    operation.mutable_time()->set_boot_id(Bytes(16, 'b'));
    operation.mutable_time()->set_boottime_us(static_cast<std::int64_t>(number));
    operation.mutable_gnss()->set_fix(protocol::FIX_3D);
    operation.mutable_gnss()->mutable_position()->set_lat_e7(423'700'000);
    operation.mutable_gnss()->mutable_position()->set_lon_e7(-711'000'000);
    auto& made = *operation.mutable_observation_made();
    made.set_kind("condition");
    made.set_note("Rear stairs: handrail loose at the second landing, tread worn. Photo taken. Owner told.");
    made.set_severity("minor");
    return operation;
}

// Appends what `made` gives for 0, 1, … and keeps `waiting` of them in flight until all are saved; seconds.
Result<double> run_journal(const std::filesystem::path& file, const std::string& device,
                           std::size_t observations, std::size_t waiting,
                           const std::function<protocol::Operation(std::size_t)>& made) {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::function<void()>> events;
    auto journal = device::Journal::open(file, device, [&](std::function<void()> event) {
        const std::lock_guard lock(mutex);
        events.push_back(std::move(event));
        changed.notify_one();
    });
    if (!journal) return journal.error();
    std::size_t sent = 0;
    std::size_t saved = 0;
    Status failure;
    const auto began = Clock::now();
    while (saved < observations && failure) {
        while (sent < observations && sent - saved < waiting) {
            (*journal)->append(protocol::WORK, made(sent++), [&](Result<device::Recorded> recorded) {
                if (!recorded) failure = recorded.error();
                ++saved;
            });
        }
        std::vector<std::function<void()>> ready;
        {
            std::unique_lock lock(mutex);
            changed.wait(lock, [&] { return !events.empty(); });
            ready.swap(events);
        }
        for (auto& event : ready) event();
    }
    if (!failure) return failure.error();
    return std::chrono::duration<double>(Clock::now() - began).count();
}

Result<double> run_plain(const std::filesystem::path& file, std::size_t observations) {
    auto database = open_database(file, Durability::full);
    if (!database) return database.error();
    return sql([&] {
        (*database)->exec("CREATE TABLE observation(id TEXT PRIMARY KEY, body BLOB NOT NULL)");
        SQLite::Statement insert(**database, "INSERT INTO observation VALUES(?, ?)");
        const auto began = Clock::now();
        for (std::size_t i = 0; i < observations; ++i) {
            const auto operation = typical_operation(i);
            const Bytes body = operation.SerializeAsString();
            SQLite::Transaction transaction(**database);
            insert.reset();
            insert.bind(1, operation.id());
            insert.bind(2, static_cast<const void*>(body.data()), static_cast<int>(body.size()));
            insert.exec();
            transaction.commit();
        }
        return std::chrono::duration<double>(Clock::now() - began).count();
    });
}

}  // namespace

Result<boost::json::object> journal(const std::filesystem::path& folder, std::size_t observations,
                                    std::size_t waiting) {
    auto grouped = run_journal(folder / "grouped.db", "bench", observations, waiting, typical_operation);
    if (!grouped) return grouped.error();
    auto single = run_journal(folder / "single.db", "bench", observations, 1, typical_operation);
    if (!single) return single.error();
    auto plain = run_plain(folder / "plain.db", observations);
    if (!plain) return plain.error();
    const auto count = static_cast<double>(observations);
    return boost::json::object{{"grouped_per_s", count / *grouped},
                               {"single_per_s", count / *single},
                               {"plain_sqlite_per_s", count / *plain},
                               {"observations", observations},
                               {"waiting", waiting}};
}

Result<boost::json::object> record(const std::filesystem::path& journal, const std::string& device,
                                   const std::filesystem::path& file, std::size_t count) {
    const auto operations = read_observations(file, count);
    if (!operations) return operations.error();
    constexpr std::size_t waiting = 2000;
    auto seconds =
        run_journal(journal, device, count, waiting, [&](std::size_t i) { return (*operations)[i]; });
    if (!seconds) return seconds.error();
    return boost::json::object{{"observations", count}, {"seconds", *seconds}};
}

}  // namespace fieldpost::bench
