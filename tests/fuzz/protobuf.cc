// Bodies in Kubernetes' protobuf. Whatever comes is refused or is a document within its limits, and
// admission can judge it.

#include "controller/api/protobuf.h"

#include <nlohmann/json.hpp>

#include "controller/admission/admission.h"
#include "reconcilers/base64.h"
#include "tests/api/protobuf_recorded.h"
#include "tests/fuzz/fuzz.h"

namespace weir::fuzz {
namespace {

using nlohmann::json;

constexpr std::string_view kMagic("k8s\0", 4);
constexpr std::size_t kEnvelope = 128;  // the types of all kinds fit, so one byte is their length
constexpr std::size_t kEmptyEnd = 4;    // {3 "", 4 ""}

std::size_t count(const json& value) {
  std::size_t all = 1;
  if (value.is_structured()) {
    for (const json& child : value) all += count(child);
  }
  return all;
}

}  // namespace

// Each recorded body twice: as it is; and without its envelope, which run() puts around it again,
// so that what chance changes is not refused for a wrong length at once.
const std::vector<std::string>& seeds() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> made;
    for (const rest::Recorded& row : rest::kRecorded) {
      const std::string body = *base64_decode(row.body);
      made.push_back('\1' + body);
      // The type {1 …} and the length of the message {2 …}, which has one or two bytes.
      const std::size_t type = kMagic.size() + 2 + static_cast<unsigned char>(body[5]);
      const std::size_t message = type + (static_cast<unsigned char>(body[type + 1]) < 128 ? 2 : 3);
      made.push_back('\0' + std::string(1, static_cast<char>(type)) + body.substr(0, type) +
                     body.substr(message, body.size() - message - kEmptyEnd));
    }
    return made;
  }();
  return all;
}

void run(Input input) {
  std::string body;
  if (input.byte() == 0) {
    body = input.bytes(input.byte() % kEnvelope);
    const std::string_view message = input.rest();
    body += '\x12';
    for (std::size_t size = message.size(); true; size >>= 7) {
      body += static_cast<char>(size < 128 ? size : size | 128);
      if (size < 128) break;
    }
    body += message;
  } else {
    body = input.rest();
  }
  const auto document = rest::protobuf_document(body);
  if (!document) {
    expect(document.error().code == Code::bad_request, "it is the client's error");
    expect(!document.error().message.empty(), "which has a reason");
    return;
  }
  expect(document->is_object(), "a document is an object");
  expect(count(*document) <= 100'010, "of a bounded size");
  expect(json::parse(document->dump()) == *document, "that JSON can say");
  const auto admitted = admission::create(*document, {.ns = "default"});
  expect(admitted || !admitted.error().message.empty(), "and admission has an answer");
}

}  // namespace weir::fuzz
