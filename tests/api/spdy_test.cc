// SPDY/3.1 as bytes: what kubectl sends, what we send, and what nobody should.

#include "controller/api/spdy.h"

#include <gtest/gtest.h>
#include <zlib.h>

namespace weir::rest::spdy {
namespace {

// "syn 1 port=80", "data 3 abc fin": what frames come to. Data of one frame is joined.
class Log {
 public:
  void add(const Frame& frame) {
    if (const auto* syn = std::get_if<SynStream>(&frame)) {
      std::string line = "syn " + std::to_string(syn->stream);
      for (const auto& [name, value] : syn->headers) line += " " + name + "=" + value;
      lines_.push_back(line + (syn->fin ? " fin" : ""));
    } else if (const auto* data = std::get_if<Data>(&frame)) {
      const std::string begin = "data " + std::to_string(data->stream) + " ";
      if (lines_.empty() || !lines_.back().starts_with(begin)) lines_.push_back(begin);
      lines_.back() += std::string(data->bytes) + (data->fin ? " fin" : "");
    } else if (const auto* reset = std::get_if<RstStream>(&frame)) {
      lines_.push_back("reset " + std::to_string(reset->stream));
    } else if (const auto* ping = std::get_if<Ping>(&frame)) {
      lines_.push_back("ping " + std::to_string(ping->id));
    } else {
      lines_.push_back("go away");
    }
  }
  std::string text() const {
    std::string out;
    for (const std::string& line : lines_) out += line + "; ";
    return out;
  }

 private:
  std::vector<std::string> lines_;
};

// What a fresh reader makes of these bytes, in pieces of so many; ends with the error, if any.
std::string read(const std::string& bytes, std::size_t piece = std::string::npos) {
  Reader reader;
  Log log;
  const auto on_frame = [&](const Frame& frame) { log.add(frame); };
  for (std::size_t at = 0; at < bytes.size(); at += std::min(piece, bytes.size() - at)) {
    const auto result = reader.feed(std::string_view(bytes).substr(at, piece), on_frame);
    if (!result) return log.text() + result.error().message;
  }
  return log.text();
}

std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out += static_cast<char>(value);
  return out;
}

std::string control(int type, const std::string& own, int flags = 0, int version = 3) {
  std::string out = bytes({0x80, version, 0, type});
  put32(out, static_cast<std::uint32_t>(flags) << 24 | static_cast<std::uint32_t>(own.size()));
  return out + own;
}

std::string number(std::uint32_t value) {
  std::string out;
  put32(out, value);
  return out;
}

std::string syn_stream(std::uint32_t stream, const std::string& block, int flags = 0) {
  return control(1, number(stream) + number(0) + bytes({0, 0}) + block, flags);
}

std::string from_hex(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    out += static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16));
  }
  return out;
}

// The first frame of kubectl 1.20 and of 1.33 for a connection to port 8080, as they sent it.
TEST(SpdyRead, WhatKubectlSent) {
  struct Row {
    const char* name;
    const char* hex;
    const char* want;
  };
  const Row rows[] = {
      {"1.20",
       "800300010000003e0000000100000000000078f9e3c6a7c202253a48f95b044eea160616060c"
       "0c0c9c4590f8ca04a5634603704a2c294a4dcc851636aca9a0a800000000ffff",
       "syn 1 port=8080 requestid=0 streamtype=error; "},
      {"1.33",
       "800300010000003e0000000100000000000078f9e3c6a7c202253a060606ce2248fc6482d22d"
       "a30138e59514a526e6420b17d65450d0430aea22709eb030b03000000000ffff",
       "syn 1 requestid=0 streamtype=error port=8080; "},
  };
  for (const Row& row : rows) {
    const std::string sent = from_hex(row.hex);
    EXPECT_EQ(read(sent), row.want) << row.name;
    EXPECT_EQ(read(sent, 1), row.want) << row.name;
  }
}

TEST(SpdyRead, ASession) {
  HeaderWriter headers;
  const Pairs error = {{"streamtype", "error"}, {"port", "8080"}, {"requestid", "0"}};
  const Pairs data = {{"streamtype", "data"}, {"port", "8080"}, {"requestid", "0"}};
  std::string sent = syn_stream(1, headers.write(error));
  sent += syn_stream(3, headers.write(data));
  write_data(sent, 1, "", true);
  write_data(sent, 3, "GET / HTTP/1.1\r\n\r\n", false);
  write_data(sent, 3, "", true);
  write_ping(sent, 7);
  write_rst_stream(sent, 3, Reset::protocol_error);
  write_go_away(sent, 0, Leave::ok);
  const std::string want =
      "syn 1 streamtype=error port=8080 requestid=0; syn 3 streamtype=data port=8080 requestid=0; "
      "data 1  fin; data 3 GET / HTTP/1.1\r\n\r\n fin; ping 7; reset 3; go away; ";
  for (const std::size_t piece : {std::string::npos, std::size_t{1}, std::size_t{7}}) {
    EXPECT_EQ(read(sent, piece), want) << piece;
  }
}

TEST(SpdyRead, WhatMeansNothingIsPassedOver) {
  const std::string block = HeaderWriter().write({});
  const struct {
    const char* name;
    std::string bytes;
  } rows[] = {
      {"SETTINGS", control(4, number(1) + number(7) + number(65536))},
      {"WINDOW_UPDATE", control(9, number(3) + number(1000))},
      {"SYN_REPLY", control(2, number(2) + block)},
      {"HEADERS", control(8, number(1) + block)},
      {"an unknown type", control(77, "anything")},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(read(row.bytes + control(6, number(5))), "ping 5; ") << row.name;
  }
}

std::string deflated(const std::string& text) {
  std::string out(text.size() + 1000, '\0');
  uLongf size = out.size();
  ::compress(reinterpret_cast<Bytef*>(out.data()), &size,
             reinterpret_cast<const Bytef*>(text.data()), text.size());
  return out.substr(0, size);
}

TEST(SpdyRead, WhatIsNotSpdyIsAnError) {
  const std::string good = HeaderWriter().write({{"a", "b"}});
  const std::string not_compressed = "SPDY headers: they are not compressed as SPDY/3 says";
  const struct {
    const char* name;
    std::string bytes;
    std::string want;
  } rows[] = {
      {"version 2", control(6, number(1), 0, 2), "SPDY: version 2, want 3"},
      {"data of stream 0", number(0) + number(3) + "abc", "SPDY: data of stream 0"},
      {"16 MB of control", bytes({0x80, 3, 0, 1, 0, 0xff, 0xff, 0xff}),
       "SPDY: a control frame of 16777215 bytes"},
      {"a short ping", control(6, "abc"), "SPDY: a frame of type 6 with 3 bytes"},
      {"an empty ping", control(6, ""), "SPDY: a frame of type 6 with 0 bytes"},
      {"a long reset", control(3, std::string(9, '\0')), "SPDY: a frame of type 3 with 9 bytes"},
      {"a reset of nothing", control(3, number(0) + number(1)), "SPDY: a reset of stream 0"},
      {"a short GOAWAY", control(7, number(0)), "SPDY: a frame of type 7 with 4 bytes"},
      {"more settings than bytes", control(4, number(9) + number(1) + number(1)),
       "SPDY: a frame of type 4 with 12 bytes"},
      {"a SYN_STREAM without headers", control(1, number(1)),
       "SPDY: a frame of type 1 with 4 bytes"},
      {"an empty block", syn_stream(1, ""), "SPDY headers: cut short"},
      {"not compressed", syn_stream(1, "streamtype=error"), not_compressed},
      {"another dictionary", syn_stream(1, bytes({0x78, 0xf9, 1, 2, 3, 4}) + good.substr(6)),
       not_compressed},
      {"no dictionary, and an end", syn_stream(1, deflated(number(0))), not_compressed},
      {"half a block", syn_stream(1, good.substr(0, good.size() / 2)), "SPDY headers: cut short"},
      {"a bomb", syn_stream(1, HeaderWriter().write({{"a", std::string(8 << 20, 'x')}})),
       "SPDY headers: more than 16384 bytes"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(read(row.bytes), row.want) << row.name;
    EXPECT_EQ(read(row.bytes, 1), row.want) << row.name << ", byte by byte";
  }
}

// Whatever the lengths in a block say, no more than the block is read.
TEST(SpdyRead, LengthsInABlockAreChecked) {
  const std::string cut = "SPDY headers: cut short";
  const struct {
    const char* name;
    std::string block;
    std::string want;
  } rows[] = {
      {"no count", bytes({0, 0}), cut},
      {"4 billion headers", number(0xffffffff), cut},
      {"a name of 4 GB", number(1) + number(0xffffffff) + "a", cut},
      {"no value", number(1) + number(1) + "a", cut},
      {"a value of 4 GB", number(1) + number(1) + "a" + number(0xffffffff), cut},
      {"more than it says", number(0) + "abc", "SPDY headers: bytes after the last one"},
  };
  for (const auto& row : rows) {
    std::string text = deflated(row.block);
    text.resize(text.size() - 4);  // the checksum: the stream goes on
    const auto got = HeaderReader().read(text);
    EXPECT_EQ(got ? "no error" : got.error().message, row.want) << row.name;
  }
}

TEST(SpdyWrite, Bytes) {
  std::string out;
  write_data(out, 3, "abc", false);
  EXPECT_EQ(out, bytes({0, 0, 0, 3, 0, 0, 0, 3}) + "abc");
  out.clear();
  write_data(out, 3, "", true);
  EXPECT_EQ(out, bytes({0, 0, 0, 3, 1, 0, 0, 0}));
  out.clear();
  write_rst_stream(out, 5, Reset::refused_stream);
  EXPECT_EQ(out, bytes({0x80, 3, 0, 3, 0, 0, 0, 8, 0, 0, 0, 5, 0, 0, 0, 3}));
  out.clear();
  write_ping(out, 9);
  EXPECT_EQ(out, bytes({0x80, 3, 0, 6, 0, 0, 0, 4, 0, 0, 0, 9}));
  out.clear();
  write_go_away(out, 7, Leave::protocol_error);
  EXPECT_EQ(out, bytes({0x80, 3, 0, 7, 0, 0, 0, 8, 0, 0, 0, 7, 0, 0, 0, 1}));
  out.clear();
  write_window_update(out, 3, 32768);
  EXPECT_EQ(out, bytes({0x80, 3, 0, 9, 0, 0, 0, 8, 0, 0, 0, 3, 0, 0, 0x80, 0}));
}

// The second reply depends on the first: one compressed stream. The first names the dictionary.
TEST(SpdyWrite, RepliesAreOneCompressedStream) {
  HeaderWriter headers;
  std::string first, second;
  write_syn_reply(first, 1, headers);
  write_syn_reply(second, 3, headers);
  EXPECT_EQ(first.substr(0, 6), bytes({0x80, 3, 0, 2, 0, 0}));
  EXPECT_EQ(first.substr(8, 10), number(1) + bytes({0x78, 0xbb, 0xe3, 0xc6, 0xa7, 0xc2}));
  HeaderReader reader;
  EXPECT_EQ(reader.read(first.substr(12)).value(), Pairs());
  EXPECT_EQ(reader.read(second.substr(12)).value(), Pairs());
}

}  // namespace
}  // namespace weir::rest::spdy
