#include "bench/conserve/answer.h"

#include <nlohmann/json.hpp>

namespace weir::conserve {

namespace {

using nlohmann::json;

json parse(std::string_view text) {
  json value = json::parse(text, nullptr, false);
  if (!value.is_object()) {
    throw Failure(Reason::kMalformed, "no JSON object: " + std::string(text.substr(0, 80)));
  }
  return value;
}

void check_id(const json& value, const std::string& id) {
  const std::string got = value.value("id", "");
  if (got != id) throw Failure(Reason::kWrongId, "the answer is for the request '" + got + "'");
}

// The backend pads with the alphabet, over and over.
void check_padding(const std::string& padding, std::size_t size) {
  if (padding.size() != size) {
    throw Failure(Reason::kTruncated, std::to_string(padding.size()) + " bytes of padding, not " +
                                          std::to_string(size));
  }
  for (std::size_t i = 0; i < size; ++i) {
    // It comes in pieces of whole alphabets.
    if (padding[i] != static_cast<char>('a' + i % 26)) {
      throw Failure(Reason::kMalformed, "the padding is wrong at byte " + std::to_string(i));
    }
  }
}

unsigned check_echo(const Form& form, const std::string& id, const std::string& body) {
  const json value = parse(body);
  check_id(value, id);
  const std::uint64_t bytes = value.value("bytes", std::uint64_t{0});
  if (bytes != form.body_bytes) {
    throw Failure(Reason::kUploadCut, "the backend got " + std::to_string(bytes) + " bytes, not " +
                                          std::to_string(form.body_bytes));
  }
  check_padding(value.value("padding", ""), form.padding);
  return value.value("seen", 0u);
}

void check_events(const Form& form, const std::string& id, std::string_view body) {
  for (unsigned n = 1; n <= form.events; ++n) {
    const std::size_t end = body.find("\n\n");
    if (end == std::string_view::npos) {
      throw Failure(Reason::kTruncated, "the stream ends before event " + std::to_string(n));
    }
    if (!body.starts_with("data: ")) throw Failure(Reason::kMalformed, "no event");
    const json event = parse(body.substr(6, end - 6));
    check_id(event, id);
    if (event.value("n", 0u) != n) {
      throw Failure(Reason::kMalformed, "not event " + std::to_string(n) + ": " + event.dump());
    }
    body.remove_prefix(end + 2);
  }
  if (!body.empty()) throw Failure(Reason::kMalformed, "more events than were asked for");
}

}  // namespace

Answer check_origin(const Response& response, int status) {
  const std::string got = "status " + std::to_string(response.status);
  if (response.header("x-demo") != "1") {
    throw Failure(response.status >= 500 ? Reason::kGateway5xx : Reason::kGatewayAnswer,
                  got + ", not by the backend: " + response.body.substr(0, 80));
  }
  if (response.status != status) {
    throw Failure(Reason::kWrongStatus, got + " by the backend: " + response.body.substr(0, 80));
  }
  return {.revision = std::string(response.header("x-demo-revision")),
          .container = std::string(response.header("x-demo-container"))};
}

Answer check_answer(const Form& form, const std::string& id, const Response& response) {
  Answer answer = check_origin(response, 200);
  try {
    if (form.events > 0) {
      check_events(form, id, response.body);
    } else {
      answer.seen = check_echo(form, id, response.body);
    }
  } catch (const json::exception& error) {
    throw Failure(Reason::kMalformed, error.what());
  }
  return answer;
}

}  // namespace weir::conserve
