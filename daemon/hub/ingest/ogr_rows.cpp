#include "daemon/hub/ingest/ogr_rows.hpp"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>
#include <fmt/format.h>
#include <gdal.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>

#include <mutex>

#include "daemon/hub/ingest/text.hpp"

namespace fieldpost::hub {

namespace {

struct DatasetCloser {
    void operator()(GDALDatasetH dataset) const { GDALClose(dataset); }
};
struct FeatureCloser {
    void operator()(OGRFeatureH feature) const { OGR_F_Destroy(feature); }
};
struct GeometryCloser {
    void operator()(OGRGeometryH geometry) const { OGR_G_DestroyGeometry(geometry); }
};
struct TransformCloser {
    void operator()(OGRCoordinateTransformationH transform) const {
        OCTDestroyCoordinateTransformation(transform);
    }
};
template <class Handle, class Closer>
using Owned = std::unique_ptr<std::remove_pointer_t<Handle>, Closer>;
using Feature = Owned<OGRFeatureH, FeatureCloser>;
using Geometry = Owned<OGRGeometryH, GeometryCloser>;

// GDAL reports through a handler of the calling thread; while this lives its failures come here and not to
// stderr.
class ErrorTrap {
  public:
    ErrorTrap() { CPLPushErrorHandlerEx(&ErrorTrap::hear, this); }
    ~ErrorTrap() { CPLPopErrorHandler(); }
    ErrorTrap(const ErrorTrap&) = delete;
    ErrorTrap& operator=(const ErrorTrap&) = delete;

    // The first failure; empty when all went well. Warnings are not failures.
    const std::string& failure() const { return failure_; }

  private:
    static void CPL_STDCALL hear(CPLErr level, CPLErrorNum, const char* message) {
        auto* self = static_cast<ErrorTrap*>(CPLGetErrorHandlerUserData());
        if (level >= CE_Failure && self->failure_.empty()) self->failure_ = message;
    }
    std::string failure_;
};

OGRGeometryH longest_part(OGRGeometryH several) {
    OGRGeometryH best = nullptr;
    double length = -1;
    for (int i = 0; i < OGR_G_GetGeometryCount(several); ++i) {
        const OGRGeometryH part = OGR_G_GetGeometryRef(several, i);
        if (OGR_G_Length(part) <= length) continue;
        length = OGR_G_Length(part);
        best = part;
    }
    return best;
}

// A point of the geometry by which a crew would find it.
Geometry point_of(OGRGeometryH geometry) {
    switch (wkbFlatten(OGR_G_GetGeometryType(geometry))) {
        case wkbPoint:
            return Geometry(OGR_G_Clone(geometry));
        case wkbLineString:
            return Geometry(OGR_G_Value(geometry, OGR_G_Length(geometry) / 2));
        case wkbMultiLineString:
            if (const auto part = longest_part(geometry)) {
                return Geometry(OGR_G_Value(part, OGR_G_Length(part) / 2));
            }
            return {};
        case wkbMultiPoint:
            if (OGR_G_GetGeometryCount(geometry) > 0)
                return Geometry(OGR_G_Clone(OGR_G_GetGeometryRef(geometry, 0)));
            return {};
        default:
            break;
    }
    if (Geometry inside{OGR_G_PointOnSurface(geometry)}) return inside;
    // A polygon that crosses itself has no such point; its centroid is near enough.
    Geometry centroid(OGR_G_CreateGeometry(wkbPoint));
    if (OGR_G_Centroid(geometry, centroid.get()) != OGRERR_NONE) centroid.reset();
    return centroid;
}

class OgrRows : public RowReader {
  public:
    OgrRows(Owned<GDALDatasetH, DatasetCloser> dataset, OGRLayerH layer, bool with_course)
        : dataset_(std::move(dataset)), layer_(layer), with_course_(with_course) {
        const OGRFeatureDefnH definition = OGR_L_GetLayerDefn(layer_);
        for (int i = 0; i < OGR_FD_GetFieldCount(definition); ++i) {
            const OGRFieldDefnH field = OGR_FD_GetFieldDefn(definition, i);
            columns_.emplace_back(OGR_Fld_GetNameRef(field));
            types_.push_back(OGR_Fld_GetType(field));
        }
        columns_.emplace_back("@lat");
        columns_.emplace_back("@lon");
        expected_ = OGR_L_GetFeatureCount(layer_, 0);
        prepare_transform();
        OGR_L_ResetReading(layer_);
    }

    const std::vector<std::string>& columns() const override { return columns_; }

    Result<bool> next(Row& row) override {
        ErrorTrap trap;
        feature_.reset(OGR_L_GetNextFeature(layer_));
        if (!feature_) {
            if (!trap.failure().empty()) return fail(ErrorCode::corrupt, "GDAL: " + trap.failure());
            return false;
        }
        row.line = ++count_;
        row.raw = {};
        row.refused = {};
        row.detail.clear();
        row.course.clear();
        row.rings.clear();
        values_.resize(columns_.size());
        for (std::size_t i = 0; i < types_.size(); ++i) read_field(static_cast<int>(i), values_[i]);
        read_geometry(row);
        row.cells.clear();
        for (std::size_t i = 0; i < values_.size(); ++i) {
            row.cells.push_back(trim(values_[i]));
            if (row.refused.empty() && find_invalid_utf8(values_[i])) {
                row.refused = "invalid_utf8";
                row.detail = "'" + columns_[i] + "' is not UTF-8";
            }
        }
        return true;
    }

    Status rewind() override {
        OGR_L_ResetReading(layer_);
        count_ = 0;
        return ok();
    }

    double progress() const override {
        return expected_ > 0 ? static_cast<double>(count_) / static_cast<double>(expected_) : 0;
    }

  private:
    void prepare_transform() {
        const OGRSpatialReferenceH from = OGR_L_GetSpatialRef(layer_);
        if (from == nullptr) return;
        const OGRSpatialReferenceH wgs84 = OSRNewSpatialReference(nullptr);
        OSRImportFromEPSG(wgs84, 4326);
        OSRSetAxisMappingStrategy(wgs84, OAMS_TRADITIONAL_GIS_ORDER);
        OSRSetAxisMappingStrategy(from, OAMS_TRADITIONAL_GIS_ORDER);
        if (OSRIsSame(from, wgs84) == 0) transform_.reset(OCTNewCoordinateTransformation(from, wgs84));
        OSRRelease(wgs84);
    }

    void read_field(int index, std::string& out) const {
        if (OGR_F_IsFieldSetAndNotNull(feature_.get(), index) == 0) return out.clear();
        const OGRFieldType type = types_[static_cast<std::size_t>(index)];
        if (type == OFTDate || type == OFTDateTime) {
            int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, zone = 0;
            OGR_F_GetFieldAsDateTime(feature_.get(), index, &year, &month, &day, &hour, &minute, &second,
                                     &zone);
            out = fmt::format("{:04}-{:02}-{:02}", year, month, day);
            if (type == OFTDateTime) out += fmt::format("T{:02}:{:02}:{:02}", hour, minute, second);
            // 0 unknown, 1 local, 100 UTC, and from there in quarters of an hour.
            if (type == OFTDateTime && zone > 1) {
                const int minutes = (zone - 100) * 15;
                out += fmt::format("{}{:02}:{:02}", minutes < 0 ? '-' : '+', std::abs(minutes) / 60,
                                   std::abs(minutes) % 60);
            }
            return;
        }
        out = OGR_F_GetFieldAsString(feature_.get(), index);
    }

    void read_geometry(Row& row) {
        auto& lat = values_[values_.size() - 2];
        auto& lon = values_[values_.size() - 1];
        lat.clear();
        lon.clear();
        const OGRGeometryH geometry = OGR_F_GetGeometryRef(feature_.get());
        if (geometry == nullptr || OGR_G_IsEmpty(geometry) != 0) return;
        if (transform_ && OGR_G_Transform(geometry, transform_.get()) != OGRERR_NONE) return;
        if (const Geometry point = point_of(geometry)) {
            lat = fmt::format("{:.7f}", OGR_G_GetY(point.get(), 0));
            lon = fmt::format("{:.7f}", OGR_G_GetX(point.get(), 0));
        }
        if (!with_course_) return;
        read_course(geometry, row);
        read_rings(geometry, row);
    }

    static void read_course(OGRGeometryH geometry, Row& row) {
        const auto type = wkbFlatten(OGR_G_GetGeometryType(geometry));
        const OGRGeometryH line = type == wkbMultiLineString ? longest_part(geometry) : geometry;
        if (line == nullptr || wkbFlatten(OGR_G_GetGeometryType(line)) != wkbLineString) return;
        for (int i = 0; i < OGR_G_GetPointCount(line); ++i) {
            row.course.push_back({OGR_G_GetY(line, i), OGR_G_GetX(line, i)});
        }
    }

    static void read_rings(OGRGeometryH geometry, Row& row) {
        const auto type = wkbFlatten(OGR_G_GetGeometryType(geometry));
        if (type == wkbPolygon) {
            for (int i = 0; i < OGR_G_GetGeometryCount(geometry); ++i) {
                const OGRGeometryH line = OGR_G_GetGeometryRef(geometry, i);
                auto& ring = row.rings.emplace_back();
                for (int at = 0; at < OGR_G_GetPointCount(line); ++at)
                    ring.push_back({OGR_G_GetY(line, at), OGR_G_GetX(line, at)});
            }
        } else if (type == wkbMultiPolygon) {
            for (int i = 0; i < OGR_G_GetGeometryCount(geometry); ++i)
                read_rings(OGR_G_GetGeometryRef(geometry, i), row);
        }
    }

    Owned<GDALDatasetH, DatasetCloser> dataset_;
    OGRLayerH layer_;  // belongs to the dataset
    bool with_course_;
    Owned<OGRCoordinateTransformationH, TransformCloser> transform_;  // null: already WGS 84
    std::vector<std::string> columns_;
    std::vector<OGRFieldType> types_;
    std::int64_t expected_ = 0;
    std::int64_t count_ = 0;
    Feature feature_;
    std::vector<std::string> values_;
};

}  // namespace

Result<std::unique_ptr<RowReader>> open_ogr(const std::filesystem::path& file, const OpenOptions& options) {
    static std::once_flag registered;
    std::call_once(registered, GDALAllRegister);

    ErrorTrap trap;
    // Dates stay as the file has them: what GDAL takes for a date by its looks may be none in the next row.
    const auto extension = file.extension().string();
    const char* as_text[] = {"DATE_AS_STRING=YES", nullptr};
    const bool is_geojson = extension == ".geojson" || extension == ".json";
    Owned<GDALDatasetH, DatasetCloser> dataset(GDALOpenEx(file.c_str(), GDAL_OF_VECTOR | GDAL_OF_READONLY,
                                                          nullptr, is_geojson ? as_text : nullptr, nullptr));
    if (!dataset) {
        return fail(ErrorCode::corrupt, "GDAL cannot read " + file.string() +
                                            (trap.failure().empty() ? "" : ": " + trap.failure()));
    }
    const OGRLayerH layer = options.layer.empty()
                                ? GDALDatasetGetLayer(dataset.get(), 0)
                                : GDALDatasetGetLayerByName(dataset.get(), options.layer.c_str());
    if (layer == nullptr) {
        return fail(ErrorCode::not_found, file.string() + " has no layer '" + options.layer + "'");
    }
    return std::unique_ptr<RowReader>(
        std::make_unique<OgrRows>(std::move(dataset), layer, options.with_course));
}

}  // namespace fieldpost::hub
