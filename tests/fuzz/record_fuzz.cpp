// The body of a layer, as a feed brings it: the first byte is the kind of record. What can be read is cut
// into layers without loss, each field in the layer of its label and in no other, and what no label covers in
// the restricted one; what a record can be found by is bounded, sorted, and the same whenever it is asked.
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>

#include "sync/lookup/terms.hpp"
#include "sync/records/layer.hpp"
#include "tests/fuzz/heap_bound.hpp"
#include "tests/fuzz/promise.hpp"
#include "tests/fuzz/quiet.hpp"

using namespace fieldpost;
using namespace fieldpost::fuzz;

namespace {

Bytes serialize(const google::protobuf::Message& message) {
    Bytes out;
    google::protobuf::io::StringOutputStream stream(&out);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    must(message.SerializeToCodedStream(&coded), "what was read can be written");
    coded.Trim();
    return out;
}

void check_layers(records::Kind kind, const google::protobuf::Message& message) {
    const std::unique_ptr<google::protobuf::Message> whole(message.New());
    for (const auto& [layer, body] : records::split(message)) {
        auto part = records::parse_body(kind, body);
        must(part.has_value(), "a layer can be read");
        std::vector<const google::protobuf::FieldDescriptor*> fields;
        (*part)->GetReflection()->ListFields(**part, &fields);
        for (const auto* field : fields) {
            must(records::field_label(*field).layer == layer, "a field lies in the layer of its label");
        }
        const bool unlabelled = !(*part)->GetReflection()->GetUnknownFields(**part).empty();
        must(!unlabelled || layer == records::LayerKey{}, "what has no label is restricted");
        const auto again = records::split(**part);
        must(again.size() == 1 && again.at(layer) == body, "a layer is one layer");
        whole->MergeFrom(**part);
    }
    must(serialize(*whole) == serialize(message), "the layers together are the record");

    records::LabelOverrides raised;
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
        raised[message.GetDescriptor()->field(i)->name()] = records::LayerKey{};
    }
    const auto one = records::split(message, raised);
    must(one.size() <= 1 && (one.empty() || one.contains(records::LayerKey{})), "a label can be raised");
}

template <class T>
void must_be_a_set(const std::vector<T>& values) {
    must(std::ranges::is_sorted(values) && std::ranges::adjacent_find(values) == values.end(),
         "terms are sorted, each once");
}

void check_terms(records::Kind kind, const google::protobuf::Message& message) {
    const auto terms = lookup::extract(kind, message);
    must_be_a_set(terms.addresses);
    must_be_a_set(terms.exact);
    must_be_a_set(terms.names);
    must_be_a_set(terms.words());
    for (const auto& term : terms.exact) {
        must(!term.key.empty() && term.key.size() <= 48, "an exact term has 1 to 48 characters");
    }
    for (const auto& address : terms.addresses) {
        must(!address.street.name.empty(), "an address term has a street");
        must(address.high == 0 ||
                 (address.high > address.number && address.high - address.number <= lookup::longest_range),
             "a range of house numbers ascends, and is no longer than a block");
    }
    if (terms.spot) {
        must(terms.spot->south <= terms.spot->north && terms.spot->west <= terms.spot->east,
             "a spot has its corners in order");
    }
    const auto again = records::parse_body(kind, serialize(message));
    must(lookup::extract(kind, **again) == terms, "the same record has the same terms");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const HeapBound bound(protobuf_reserve + (16U << 20U));
    const auto kind = static_cast<records::Kind>(data[0] % (records::Kind_MAX + 2));
    const auto message =
        records::parse_body(kind, BytesView(reinterpret_cast<const char*>(data) + 1, size - 1));
    if (!message) {
        must(message.error().code == ErrorCode::corrupt, "what cannot be read is damaged");
        return 0;
    }
    check_layers(kind, **message);
    check_terms(kind, **message);
    return 0;
}
