#include "controller/api/words.h"

namespace weir {
namespace {

std::string qualified(std::string_view word, std::string_view group) {
  std::string out(word);
  if (!group.empty()) out.append(".").append(group);
  return out;
}

std::string quoted(const KindInfo& info, const std::string& name) {
  return qualified_resource(info) + " \"" + name + "\"";
}

}  // namespace

std::string qualified_resource(const KindInfo& info) { return qualified(info.plural, info.group); }
std::string qualified_kind(const KindInfo& info) { return qualified(info.name, info.group); }

Error not_found(const KindInfo& info, const std::string& name) {
  return {.code = Code::not_found, .message = quoted(info, name) + " not found"};
}

Error already_exists(const KindInfo& info, const std::string& name) {
  return {.code = Code::already_exists, .message = quoted(info, name) + " already exists"};
}

Error conflicting(const KindInfo& info, const std::string& name, const std::string& why) {
  return {.code = Code::conflict,
          .message = "Operation cannot be fulfilled on " + quoted(info, name) + ": " + why};
}

Error modified(const KindInfo& info, const std::string& name) {
  return conflicting(info, name,
                     "the object has been modified; please apply your changes to the latest "
                     "version and try again");
}

Error forbidden(const KindInfo& info, const std::string& name, const std::string& why) {
  return {.code = Code::denied, .message = quoted(info, name) + " is forbidden: " + why};
}

std::string bare_id(const std::string& container_id) {
  const std::size_t scheme = container_id.find("://");
  return scheme == std::string::npos ? container_id : container_id.substr(scheme + 3);
}

Error in_words(Error error, const KindInfo& info, const std::string& name) {
  switch (error.code) {
    case Code::not_found:
      return not_found(info, name);
    case Code::already_exists:
      return already_exists(info, name);
    case Code::conflict:
      return modified(info, name);
    default:
      return error;
  }
}

}  // namespace weir
