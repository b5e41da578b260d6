// A mapping's regular expression, its text, and a value, in three lines. The expression is refused, or takes
// any value within a bound of memory and, as libFuzzer sees it, of time; a value that is too long is left as
// it is.
#include "daemon/hub/sources/replacement.hpp"
#include "tests/fuzz/heap_bound.hpp"
#include "tests/fuzz/promise.hpp"

using namespace fieldpost;
using namespace fieldpost::fuzz;

namespace {

std::string_view take_line(std::string_view& text) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // Boost's matcher keeps some of the blocks in which it holds its states.
    const HeapBound bound(32U << 20U);
    std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::string expression(take_line(text));
    const std::string to(take_line(text));
    const auto replacement = hub::Replacement::make(expression, to);
    if (!replacement) {
        must(replacement.error().code == ErrorCode::invalid_argument && !replacement.error().message.empty(),
             "an expression is refused with a sentence");
        return 0;
    }
    const auto replaced = replacement->apply(text);
    if (!replaced) {
        must(replaced.error().code == ErrorCode::full && replaced.error().message.size() < 1000,
             "an ambiguous expression gives up");
    } else if (text.size() > hub::Replacement::max_text) {
        must(*replaced == text, "what is too long is left as it is");
    } else {
        must(replaced->size() <= (text.size() + 1) * (to.size() + 1) * (text.size() + 1),
             "what comes out is made of text and value");
        must(replacement->apply(text).value() == *replaced, "the same value becomes the same");
    }
    return 0;
}
