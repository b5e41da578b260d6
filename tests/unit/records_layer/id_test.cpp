// Record ids are part of the format: these were computed with Python's hashlib and may never change.
#include <catch2/catch.hpp>
#include <limits>
#include <set>

#include "sync/records/layer.hpp"

using namespace fieldpost;
using namespace fieldpost::records;

TEST_CASE("A record has the same id for ever", "[records]") {
    struct Known {
        Kind kind;
        const char* source;
        const char* key;
        RecordId id;
        const char* text;
    };
    for (const Known& known :
         {Known{PROPERTY, "assessor", "012.-05-08.0", 1453479511044692611, "18aybx8c216m3"},
          Known{SERVICE_REQUEST, "cityline", "1234567", 5710775718438501941, "4yg60894q7zhn"},
          Known{OBSERVATION, "field", "0b5c2d2e-1d2f-4c57-9d1e-2f6c1e0a9b11", 4713935085826835445,
                "42tt2zgpfb0zn"},
          Known{ASSET, "hydrants", "", 1752500105293497296, "1gmh1hy2dn0yg"},
          Known{PERMIT, "büro", "K/7 é", 4461023070550411845, "3vt5wv3ffnjj5"}}) {
        INFO(known.source << " " << known.key);
        CHECK(record_id(known.kind, known.source, known.key) == known.id);
        CHECK(id_text(known.id) == known.text);
        CHECK(parse_id(known.text) == known.id);
    }
}

TEST_CASE("Kind, source and key each make another record", "[records]") {
    std::set<RecordId> ids;
    std::size_t made = 0;
    for (const Kind kind : {PROPERTY, PERMIT}) {
        for (const char* source : {"a", "ab", ""}) {
            for (const char* key : {"", "b", "bc", "c"}) {
                const RecordId id = record_id(kind, source, key);
                CHECK(id > 0);
                ids.insert(id);
                ++made;
            }
        }
    }
    CHECK(ids.size() == made);
}

TEST_CASE("The text of an id is thirteen characters at both ends of the range", "[records]") {
    CHECK(id_text(1) == "0000000000001");
    CHECK(parse_id("0000000000001") == 1);
    CHECK(id_text(std::numeric_limits<RecordId>::max()) == "7zzzzzzzzzzzz");
    CHECK(parse_id("7zzzzzzzzzzzz") == std::numeric_limits<RecordId>::max());
}

TEST_CASE("An id is read as people copy it", "[records]") {
    CHECK(parse_id("18AYBX8C216M3") == 1453479511044692611);
    CHECK(parse_id("l8aybx8c2i6m3") == 1453479511044692611);
    CHECK(parse_id("I8AYBX8C2L6M3") == 1453479511044692611);
    CHECK(parse_id("ooooOOOO0000l") == 1);
}

TEST_CASE("What is no id is not read as one", "[records]") {
    for (const char* text :
         {"", "0000000000000", "000000000001", "00000000000001", "8000000000000", "zzzzzzzzzzzzz",
          "18aybx8c216mu", "18aybx8c216-3", " 8aybx8c216m3", "18aybx8c216m\xc3", "00000000000 1"}) {
        INFO(text);
        CHECK_FALSE(parse_id(text).has_value());
    }
    CHECK_FALSE(parse_id(std::string_view("000000000000\0", 13)).has_value());
}
