#include "daemon/device/blobs/blob_files.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "sync/base/file.hpp"
#include "tests/unit/support/kill_points.hpp"
#include "tests/unit/support/temporary_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::device;
using support::TemporaryFolder;

namespace {

struct Bench {
    Bench() { open(); }

    void open() {
        files.reset();
        files = BlobFiles::open(folder.path / "blobs").value();
    }
    Result<KeptBlob> try_keep(const Bytes& content, bool thumbnail = false) {
        auto draft = BlobDraft::begin(folder.path / "blobs" / "draft-1");
        if (!draft) return draft.error();
        for (std::size_t at = 0; at < content.size(); at += 50'000) {
            if (auto appended = (*draft)->append(BytesView(content).substr(at, 50'000), 0); !appended) {
                return appended.error();
            }
        }
        return files->keep(**draft, thumbnail);
    }
    KeptBlob keep(const Bytes& content, bool thumbnail = false) {
        return try_keep(content, thumbnail).value();
    }
    std::vector<KeptBlob> all() { return files->all().value(); }
    // Names in the folder, without the table's.
    std::vector<std::string> names() const {
        std::vector<std::string> out;
        for (const auto& entry : std::filesystem::directory_iterator(folder.path / "blobs")) {
            const std::string name = entry.path().filename().string();
            if (!name.starts_with("blobs.db")) out.push_back(name);
        }
        return out;
    }

    TemporaryFolder folder;
    std::unique_ptr<BlobFiles> files;
};

}  // namespace

TEST_CASE("an attachment is kept under its hash, in the order of coming, also after a start") {
    Bench bench;
    const Bytes photo(120'001, 'p');
    const Bytes small = "small";
    const auto first = bench.keep(photo);
    const auto second = bench.keep(small, true);
    CHECK(first.sha256 == sha256(photo));
    CHECK(first.bytes == photo.size());
    CHECK(second.added > first.added);
    CHECK(read_file(bench.files->path_of(first.sha256)).value() == photo);
    bench.open();
    const auto all = bench.all();
    REQUIRE(all.size() == 2);
    CHECK(all[0].sha256 == first.sha256);
    CHECK_FALSE(all[0].thumbnail);
    CHECK(all[1].thumbnail);
}

TEST_CASE("the same content is kept once, and stays what is known of it") {
    Bench bench;
    const auto first = bench.keep("content");
    REQUIRE(bench.files->set_delivered(first.sha256, 4));
    const auto again = bench.keep("content");
    CHECK(again.added == first.added);
    CHECK(again.delivered);
    CHECK(again.number == 4);
    CHECK_FALSE(again.thumbnail);
    CHECK(bench.keep("content", true).thumbnail);
    CHECK(bench.keep("content").thumbnail);
    CHECK(bench.names().size() == 1);
}

TEST_CASE("what the hub has is remembered, and forgotten when the hub may have lost it") {
    Bench bench;
    const auto kept = bench.keep("content");
    REQUIRE(bench.files->set_delivered(kept.sha256, 3));
    bench.open();
    CHECK(bench.all()[0].delivered);
    CHECK(bench.all()[0].number == 3);
    CHECK(bench.files->hub().value() == engine::NoteHub{});
    const engine::NoteHub older{7, std::nullopt};
    REQUIRE(bench.files->set_hub(older));
    bench.open();
    CHECK(bench.files->hub().value() == older);
    const engine::NoteHub newer{7, 3};
    REQUIRE(bench.files->set_hub(newer));
    bench.open();
    CHECK(bench.files->hub().value() == newer);
    CHECK(bench.all()[0].delivered);
    const engine::NoteHub restored{8, 0};
    REQUIRE(bench.files->set_hub(restored));
    bench.open();
    CHECK(bench.files->hub().value() == restored);
    CHECK_FALSE(bench.all()[0].delivered);
    CHECK(bench.all()[0].number == 0);
}

TEST_CASE("the files are the truth: a table that knows others is brought to them") {
    Bench bench;
    const auto lost = bench.keep("lost");
    const auto kept = bench.keep("kept");
    std::filesystem::remove(bench.files->path_of(lost.sha256));
    bench.folder.write("blobs/" + to_hex(sha256("new")), "new");
    bench.folder.write("blobs/draft-7", "never finished");
    bench.folder.write("blobs/notes.txt", "not ours");
    bench.open();
    const auto all = bench.all();
    REQUIRE(all.size() == 2);
    CHECK(all[0].sha256 == kept.sha256);
    CHECK(all[1].sha256 == sha256("new"));
    CHECK(all[1].bytes == 3);
    CHECK(bench.names().size() == 3);
}

TEST_CASE("a damaged table is set aside, and every file counts as not delivered") {
    Bench bench;
    const auto kept = bench.keep("content");
    REQUIRE(bench.files->set_delivered(kept.sha256, 3));
    bench.files.reset();
    bench.folder.write("blobs/blobs.db",
                       "this is no database, and longer than a header of one would have to be....");
    bench.open();
    REQUIRE(bench.all().size() == 1);
    CHECK_FALSE(bench.all()[0].delivered);
    CHECK(std::filesystem::exists(bench.folder.path / "blobs" / "blobs.db.damaged-1"));
}

TEST_CASE("a draft that is given up leaves nothing") {
    Bench bench;
    {
        auto draft = BlobDraft::begin(bench.folder.path / "blobs" / "draft-1").value();
        REQUIRE(draft->append("half of it", 0));
        CHECK(bench.names().size() == 1);
    }
    CHECK(bench.names().empty());
}

TEST_CASE("a piece for which the disk has no room is not written") {
    Bench bench;
    auto draft = BlobDraft::begin(bench.folder.path / "blobs" / "draft-1").value();
    REQUIRE(draft->append("first", 0));
    const auto full = draft->append("second", ~std::uint64_t{0} / 2);
    REQUIRE_FALSE(full);
    CHECK(full.error().code == ErrorCode::full);
    CHECK(draft->bytes() == 5);
    CHECK(bench.files->keep(*draft, false).value().sha256 == sha256("first"));
}

TEST_CASE("an attachment whose sync fails is not kept, and can be sent again") {
    Bench bench;
    for (const unsigned failing : {1U, 2U}) {  // of the file, of the folder
        testing::fail_sync(failing);
        CHECK_FALSE(bench.try_keep("content"));
        testing::fail_sync(0);
    }
    CHECK(bench.names().empty());
    CHECK(bench.all().empty());
    CHECK(bench.keep("content").sha256 == sha256("content"));
}

TEST_CASE("killed at any step, an attachment is whole or not there; one that was confirmed is there") {
    const Bytes content(170'000, 'k');
    const Bytes earlier = "an earlier one";
    bool killed = true;
    unsigned n = 0;
    while (killed) {
        INFO("killed before call " << ++n);
        REQUIRE(n < 200);
        Bench bench;
        bench.keep(earlier);
        bench.files.reset();
        testing::SharedFlag told;
        killed = testing::killed_before_call(n, [&] {
            bench.open();
            if (bench.try_keep(content, true)) told.raise();
            if (!bench.files->remove(sha256(earlier))) throw std::runtime_error("not removed");
        });
        CHECK((killed || told.is_raised()));
        bench.open();
        const auto all = bench.all();
        for (const std::string& name : bench.names()) {
            CHECK(to_hex(sha256(read_file(bench.folder.path / "blobs" / name).value())) == name);
        }
        CHECK(bench.names().size() == all.size());
        const bool is_there =
            std::ranges::any_of(all, [&](const KeptBlob& kept) { return kept.sha256 == sha256(content); });
        if (told.is_raised()) {
            CHECK(is_there);
        } else {
            CHECK(std::ranges::any_of(all,
                                      [&](const KeptBlob& kept) { return kept.sha256 == sha256(earlier); }));
        }
        CHECK(bench.keep(content, true).thumbnail);
    }
    CHECK(n > 5);
}
