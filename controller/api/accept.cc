#include "controller/api/accept.h"

namespace weir::rest {
namespace {

constexpr std::size_t kMostRanges = 32;  // kubectl sends four

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Calls `use` with each part of `text` between separators.
template <class Use>
void each_part(std::string_view text, char separator, Use use) {
  while (true) {
    const std::size_t at = text.find(separator);
    use(trim(text.substr(0, at)));
    if (at == std::string_view::npos) return;
    text.remove_prefix(at + 1);
  }
}

bool takes_json(const MediaRange& range) {
  return range.type == "application/json" || range.type == "application/*" || range.type == "*/*";
}

}  // namespace

std::string_view MediaRange::parameter(std::string_view name) const {
  for (const auto& [key, value] : parameters) {
    if (key == name) return value;
  }
  return {};
}

std::vector<MediaRange> media_ranges(std::string_view accept) {
  std::vector<MediaRange> out;
  each_part(accept, ',', [&](std::string_view range) {
    if (range.empty() || out.size() == kMostRanges) return;
    MediaRange& added = out.emplace_back();
    each_part(range, ';', [&](std::string_view part) {
      const std::size_t equals = part.find('=');
      if (added.type.empty()) {
        added.type = part;
      } else if (equals != std::string_view::npos) {
        added.parameters.emplace_back(part.substr(0, equals), part.substr(equals + 1));
      }
    });
  });
  return out;
}

Result<Form> negotiate(std::string_view accept) {
  const auto ranges = media_ranges(accept);
  if (ranges.empty()) return Form();
  for (const MediaRange& range : ranges) {
    if (!takes_json(range)) continue;
    const std::string_view as = range.parameter("as");
    if (as.empty()) return Form();
    const std::string version(range.parameter("v"));
    const bool known =
        range.parameter("g") == "meta.k8s.io" && (version == "v1" || version == "v1beta1");
    if (known && as == "Table") return Form{.type = Form::Type::table, .version = version};
    if (known && as.starts_with("PartialObjectMetadata")) {
      return Form{.type = Form::Type::metadata, .version = version};
    }
  }
  return fail(Code::unsupported,
              "only the following media types are accepted: application/json, "
              "application/json;as=Table;v=v1;g=meta.k8s.io, "
              "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io");
}

}  // namespace weir::rest
