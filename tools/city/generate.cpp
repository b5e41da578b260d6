#include "tools/city/generate.hpp"

#include <algorithm>
#include <memory>

#include "tools/city/assets.hpp"
#include "tools/city/boundaries.hpp"
#include "tools/city/drive.hpp"
#include "tools/city/output_folder.hpp"
#include "tools/city/report.hpp"
#include "tools/city/source.hpp"
#include "tools/city/streets.hpp"

namespace fieldpost::city {
namespace {

constexpr std::uint64_t kGonePerMillion = 200;  // properties that vanish in a day
constexpr std::uint64_t kProgressEvery = 16'384;

std::uint64_t new_per_day(std::uint64_t properties) {
    return std::max<std::uint64_t>(1, properties / 2'000);
}

// The day a property is removed, 0 never. The same whichever day is exported.
int gone_on(const Plan& plan, const Landlords& landlords, std::uint64_t ordinal, int born) {
    if (landlords.registered_at(ordinal) < landlords.count())
        return 0;  // others' rows name this one's landlord
    for (int on = born + 1; on <= kLastDay; ++on) {
        if (hash(plan.seed(), 0x60E, ordinal, on) % 1'000'000 < kGonePerMillion) return on;
    }
    return 0;
}

class City {
  public:
    City(const Order& order, const std::string& folder)
        : order_(order),
          plan_(order.seed, order.properties, order.properties + kLastDay * new_per_day(order.properties)),
          calendar_(order.seed, order.day),
          landlords_(order.seed, order.properties),
          truth_(folder + "/truth/links.csv"),
          shared_{plan_, calendar_, landlords_, truth_},
          assets_(shared_, folder) {
        truth_.buffer() += "source,file,key,parcel_id,by,style\n";
        for (const auto make : {assessing, permits, enforcement, case311, erp, fire, clerk}) {
            sources_.push_back(make(shared_, folder));
        }
    }

    const Plan& plan() const { return plan_; }

    Status write(const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
        const std::uint64_t today =
            order_.properties + static_cast<std::uint64_t>(order_.day) * new_per_day(order_.properties);
        std::uint64_t told = 0;
        for (std::size_t i = 0; i < plan_.segments().size(); ++i) {
            const Segment& segment = plan_.segments()[i];
            if (segment.first_property < order_.properties) assets_.segment(segment, i);
            write_properties(segment, today);
            const std::uint64_t done = std::min(segment.first_property + segment.properties, today);
            if (done - told >= kProgressEvery) {
                told = done;
                progress(done, today);
                if (failed()) break;
            }
        }
        return close();
    }

    std::vector<FileCount> counts() const {
        std::vector<FileCount> out;
        for (const auto& source : sources_) {
            for (const auto& table : source->tables())
                out.push_back({table->spec().source, table->spec().file, &table->count()});
        }
        for (const auto& layer : assets_.layers())
            out.push_back({layer->spec().source, layer->spec().file, &layer->count()});
        return out;
    }

  private:
    void write_properties(const Segment& segment, std::uint64_t today) {
        std::uint64_t ordinal = segment.first_property;
        const std::uint64_t end = std::min(segment.first_property + segment.properties, today);
        if (ordinal >= end) return;
        for (const Lot& lot : lots_of(plan_, segment)) {
            for (std::uint32_t part = 0; part < lot.properties(); ++part, ++ordinal) {
                if (ordinal >= end) return;
                const bool fresh = ordinal >= order_.properties;
                Property property = property_of(plan_, landlords_, segment, lot, part, ordinal, fresh);
                if (fresh) {
                    property.born =
                        static_cast<int>((ordinal - order_.properties) / new_per_day(order_.properties)) + 1;
                }
                property.gone_on = gone_on(plan_, landlords_, ordinal, property.born);
                for (const auto& source : sources_) source->property(property);
            }
        }
    }

    bool failed() const {
        return truth_.failed() || std::any_of(sources_.begin(), sources_.end(), [](const auto& source) {
                   return std::any_of(source->tables().begin(), source->tables().end(),
                                      [](const auto& table) { return table->failed(); });
               });
    }

    Status close() {
        for (const auto& source : sources_) {
            for (const auto& table : source->tables()) {
                if (Status closed = table->close(); !closed) return closed;
            }
        }
        for (const auto& layer : assets_.layers()) {
            if (Status closed = layer->close(); !closed) return closed;
        }
        return truth_.close();
    }

    const Order& order_;
    Plan plan_;
    Calendar calendar_;
    Landlords landlords_;
    OutputFile truth_;
    Sources shared_;
    Assets assets_;
    std::vector<std::unique_ptr<Source>> sources_;
};

}  // namespace

Result<Made> generate(const Order& order, const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    if (order.properties < kFewest || order.properties > kMost) {
        return fail(ErrorCode::invalid_argument, "--properties must be from 1000 to 1000000");
    }
    if (order.day < 0 || order.day > kLastDay) {
        return fail(ErrorCode::invalid_argument, "--day must be from 0 to 30");
    }
    Result<OutputFolder> folder = OutputFolder::prepare(order.out);
    if (!folder) return folder.error();
    const std::string path = folder->path().string();

    City city(order, path);
    if (Status written = city.write(progress); !written) return written.error();
    const auto centerlines = write_centerlines(city.plan(), path);
    if (Status closed = centerlines->close(); !closed) return closed.error();
    const auto districts = write_districts(city.plan(), path);
    if (Status closed = districts->close(); !closed) return closed.error();
    const auto agencies = write_agencies(city.plan(), path);
    if (Status closed = agencies->close(); !closed) return closed.error();
    if (Status driven = write_drive(city.plan(), path + "/drive.nmea"); !driven) return driven.error();

    std::vector<FileCount> counts = city.counts();
    Made made;
    for (const FileCount& each : counts) {
        const bool spine = each.file == "properties.csv";
        const bool row_of_its_own =
            each.file != "owners.csv" && each.file != "aliases.csv" && each.file != "forms.csv";
        if (spine)
            made.properties = each.count->good;
        else if (row_of_its_own)
            made.related += each.count->good;
        made.bad += each.count->rows() - each.count->good;
    }
    counts.push_back({centerlines->spec().source, centerlines->spec().file, &centerlines->count()});
    counts.push_back({districts->spec().source, districts->spec().file, &districts->count()});
    counts.push_back({agencies->spec().source, agencies->spec().file, &agencies->count()});
    made.streets = city.plan().streets().size();
    if (Status reported = write_expected(counts, path + "/expected.json"); !reported) return reported.error();
    const Marker marker{order.seed, order.properties, order.day, city.plan().bounds()};
    if (Status marked = write_marker(marker, path + "/" + kMarker); !marked) return marked.error();
    if (Status published = folder->publish(); !published) return published.error();
    return made;
}

}  // namespace fieldpost::city
