#include "bench/conserve/websocket.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <thread>

namespace weir::conserve {

namespace {

constexpr unsigned kEchoes = 5;
constexpr std::chrono::milliseconds kPause{200};
// The example of RFC 6455, 1.3: nothing here depends on the key being new.
constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
constexpr std::array<char, 4> kMask = {'w', 'e', 'i', 'r'};

enum Opcode : std::uint8_t { kText = 1, kClose = 8, kPing = 9, kPong = 10 };
constexpr std::uint8_t kFinal = 0x80;
constexpr std::uint8_t kMasked = 0x80;
constexpr std::size_t kPayloadMax = 125;  // what fits a frame with the short length

struct Frame {
  std::uint8_t opcode;
  std::string payload;
};

void send_frame(Connection& connection, std::uint8_t opcode, std::string payload,
                Deadline deadline) {
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] ^= kMask[i % kMask.size()];
  std::string bytes = {static_cast<char>(kFinal | opcode),
                       static_cast<char>(kMasked | payload.size())};
  bytes.append(kMask.data(), kMask.size()).append(payload);
  connection.send(bytes, deadline);
}

Frame receive_frame(Connection& connection, Deadline deadline) {
  std::string& buffer = connection.buffer();
  while (buffer.size() < 2) connection.receive_more(deadline);
  const auto first = static_cast<std::uint8_t>(buffer[0]);
  const auto size = static_cast<std::uint8_t>(buffer[1]);
  if (!(first & kFinal) || size > kPayloadMax) {
    throw Failure(Reason::kMalformed, "a WebSocket frame that was not asked for");
  }
  while (buffer.size() < 2u + size) connection.receive_more(deadline);
  Frame frame{.opcode = static_cast<std::uint8_t>(first & 0x0f), .payload = buffer.substr(2, size)};
  buffer.erase(0, 2u + size);
  return frame;
}

// The next frame but pings, which are answered.
Frame receive_message(Connection& connection, Deadline deadline) {
  for (;;) {
    Frame frame = receive_frame(connection, deadline);
    if (frame.opcode != kPing) return frame;
    send_frame(connection, kPong, frame.payload, deadline);
  }
}

Answer upgrade(Connection& connection, const Form& form, const std::string& id,
               const Wording& wording, Deadline deadline) {
  const std::string request = std::string(form.method) + " " + target_of(form, wording) +
                              " HTTP/1.1\r\nHost: " + wording.host + "\r\nX-Request-Id: " + id +
                              "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                              "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
                              std::string(kKey) + "\r\n\r\n";
  connection.send(request, deadline);
  const Response response = read_response(connection, deadline);
  Answer answer = check_origin(response, 101);
  if (response.header("sec-websocket-accept") != kAccept) {
    throw Failure(Reason::kMalformed, "a wrong Sec-WebSocket-Accept");
  }
  return answer;
}

void echo(Connection& connection, const std::string& text, Deadline deadline) {
  send_frame(connection, kText, text, deadline);
  const Frame frame = receive_message(connection, deadline);
  if (frame.opcode == kClose) {
    const std::string& code = frame.payload;
    const int number = code.size() < 2 ? 0
                                       : static_cast<std::uint8_t>(code[0]) << 8 |
                                             static_cast<std::uint8_t>(code[1]);
    throw Failure(Reason::kGoingAway, "closed with code " + std::to_string(number) + " before '" +
                                          text + "' came back");
  }
  if (frame.opcode != kText || frame.payload != text) {
    throw Failure(Reason::kWrongId, "'" + frame.payload + "' came back for '" + text + "'");
  }
}

void close_session(Connection& connection, Deadline deadline) {
  const std::string normal = {static_cast<char>(1000 >> 8), static_cast<char>(1000 & 0xff)};
  send_frame(connection, kClose, normal, deadline);
  const Frame frame = receive_message(connection, deadline);
  if (frame.opcode != kClose) throw Failure(Reason::kMalformed, "the close was not answered");
  // The server ends the connection first (RFC 6455, 7.1.1).
  if (!connection.buffer().empty() || connection.receive(deadline)) {
    throw Failure(Reason::kMalformed, "bytes after the close");
  }
}

}  // namespace

Answer hold_websocket_session(Connection& connection, const Form& form, const std::string& id,
                              const Wording& wording, Deadline deadline) {
  Answer answer = upgrade(connection, form, id, wording, deadline);
  for (unsigned n = 1; n <= kEchoes; ++n) {
    echo(connection, id + " " + std::to_string(n), deadline);
    std::this_thread::sleep_for(kPause);
  }
  close_session(connection, deadline);
  return answer;
}

}  // namespace weir::conserve
