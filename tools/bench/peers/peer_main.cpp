// fieldpost-bench-peers: other searches over the same rows with the same queries, as fast as we could make
// them.
#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>

#include "tools/bench/peers/peers.hpp"

int main(int argc, char** argv) {
    CLI::App app{
        "fieldpost-bench-peers: what our search is measured beside; prints JSON. Run by tools/bench/run"};
    app.require_subcommand(1);
    std::filesystem::path folder;
    std::filesystem::path file;
    std::size_t each = 300;
    const auto add_folder = [&](CLI::App* command) {
        command->add_option("folder", folder, "What fieldpost-bench lookup-files wrote")
            ->required()
            ->check(CLI::ExistingDirectory);
        command->add_option("--each", each, "Queries of every sort")->capture_default_str();
    };
    auto* prefix = app.add_subcommand("fts5-prefix", "SQLite FTS5 with prefix indexes, in process");
    auto* trigram = app.add_subcommand("fts5-trigram", "SQLite FTS5 with the trigram tokenizer, in process");
    for (CLI::App* command : {prefix, trigram}) {
        add_folder(command);
        command->add_option("file", file, "The database to make")->required();
    }
#ifdef FIELDPOST_HAS_LIBPQ
    std::string server;
    CLI::App* postgres =
        app.add_subcommand("postgres", "PostgreSQL with pg_trgm, and PostGIS where it is installed");
    add_folder(postgres);
    postgres->add_option("server", server, "Connection string: host=FOLDER dbname=postgres user=…")
        ->required();
#endif
    CLI11_PARSE(app, argc, argv);

    using namespace fieldpost;
    Result<boost::json::object> figures = fail(ErrorCode::internal, "no peer");
    if (*prefix) figures = bench::fts5_peer(folder, file, each, bench::Fts5::prefix);
    if (*trigram) figures = bench::fts5_peer(folder, file, each, bench::Fts5::trigram);
#ifdef FIELDPOST_HAS_LIBPQ
    if (*postgres) figures = bench::postgres_peer(folder, server, each);
#endif
    if (!figures) {
        std::fprintf(stderr, "fieldpost-bench-peers: %s\n", figures.error().message.c_str());
        return 1;
    }
    std::printf("%s\n", boost::json::serialize(*figures).c_str());
    return 0;
}
