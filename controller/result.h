#pragma once

// Result<T>: what everything outside reconcilers/ returns when it can fail. One closed list of
// codes, named as the API names them; the code alone decides whether a retry can help.

#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace weir {

enum class Code {
  not_found,       // the object or container does not exist
  already_exists,  // a create met an object of that name
  conflict,        // resourceVersion, uid or name is no longer what the caller saw
  invalid,         // the object breaks a rule of its kind (422)
  bad_request,     // the request cannot be understood (400)
  denied,          // the caller may not do this
  unauthorized,    // the caller is nobody we know
  gone,            // a resourceVersion older than the watch history (410 Expired)
  too_large,       // a body or object over its limit
  unsupported,     // a media type, verb or feature that is not served
  unavailable,     // the engine or the store cannot be reached now
  timed_out,       // a deadline passed; the outcome is unknown
  exhausted,       // no space, too many requests, out of a bounded resource
  internal,        // a defect in weir
};

// One broken rule of an object: Kubernetes' Status.details.causes[].
struct Cause {
  std::string reason;  // FieldValueInvalid, FieldValueRequired, FieldManagerConflict, …
  std::string field;   // spec.template.spec.containers[0].name
  std::string message;
  bool operator==(const Cause&) const = default;
};

struct Error {
  Code code = Code::internal;
  std::string message = {};  // for the operator: what failed, on which object, what to do
  std::vector<Cause> causes = {};
};

// True when the same request can succeed later without anybody changing it.
inline bool retryable(Code code) {
  return code == Code::unavailable || code == Code::timed_out || code == Code::exhausted ||
         code == Code::conflict;
}

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Code code, std::string message) {
  return tl::unexpected<Error>(Error{.code = code, .message = std::move(message)});
}

}  // namespace weir

// TRY(auto value, call()): the value, or return the error from this function.
#define WEIR_JOIN_(a, b) a##b
#define WEIR_JOIN(a, b) WEIR_JOIN_(a, b)
#define TRY(declaration, call) TRY_IMPL(WEIR_JOIN(try_, __COUNTER__), declaration, call)
#define TRY_IMPL(result, declaration, call)                      \
  auto result = (call);                                          \
  if (!result) return tl::unexpected(std::move(result).error()); \
  declaration = *std::move(result)
// TRY_VOID(call()): go on, or return the error from this function.
#define TRY_VOID(call) TRY_VOID_IMPL(WEIR_JOIN(try_, __COUNTER__), call)
#define TRY_VOID_IMPL(result, call) \
  auto result = (call);             \
  if (!result) return tl::unexpected(std::move(result).error())
