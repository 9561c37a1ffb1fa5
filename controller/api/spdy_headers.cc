#include "controller/api/spdy_headers.h"

#include <zlib.h>

#include <stdexcept>

#include "controller/api/spdy.h"

namespace weir::rest::spdy {
namespace {

// The dictionary: words as they stand in a block, each after its length, and then plain text.
constexpr std::string_view kWords[] = {"options",
                                       "head",
                                       "post",
                                       "put",
                                       "delete",
                                       "trace",
                                       "accept",
                                       "accept-charset",
                                       "accept-encoding",
                                       "accept-language",
                                       "accept-ranges",
                                       "age",
                                       "allow",
                                       "authorization",
                                       "cache-control",
                                       "connection",
                                       "content-base",
                                       "content-encoding",
                                       "content-language",
                                       "content-length",
                                       "content-location",
                                       "content-md5",
                                       "content-range",
                                       "content-type",
                                       "date",
                                       "etag",
                                       "expect",
                                       "expires",
                                       "from",
                                       "host",
                                       "if-match",
                                       "if-modified-since",
                                       "if-none-match",
                                       "if-range",
                                       "if-unmodified-since",
                                       "last-modified",
                                       "location",
                                       "max-forwards",
                                       "pragma",
                                       "proxy-authenticate",
                                       "proxy-authorization",
                                       "range",
                                       "referer",
                                       "retry-after",
                                       "server",
                                       "te",
                                       "trailer",
                                       "transfer-encoding",
                                       "upgrade",
                                       "user-agent",
                                       "vary",
                                       "via",
                                       "warning",
                                       "www-authenticate",
                                       "method",
                                       "get",
                                       "status",
                                       "200 OK",
                                       "version",
                                       "HTTP/1.1",
                                       "url",
                                       "public",
                                       "set-cookie",
                                       "keep-alive",
                                       "origin"};
constexpr std::string_view kText =
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505"
    "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request"
    "401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented"
    "503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 "
    "Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,"
    "application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age="
    "gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.";

const std::string& dictionary() {
  static const std::string all = [] {
    std::string out;
    for (const std::string_view word : kWords) {
      put32(out, static_cast<std::uint32_t>(word.size()));
      out += word;
    }
    return out += kText;
  }();
  return all;
}

// zlib's pointers are to bytes that it may not change, whatever their type says.
Bytef* bytes(std::string_view text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}

tl::unexpected<Error> malformed(const std::string& what) {
  return fail(Code::bad_request, "SPDY headers: " + what);
}

// The text at the front of `rest`, after its length; takes both away.
std::optional<std::string> take_text(std::string_view& rest) {
  if (rest.size() < 4) return std::nullopt;
  const std::uint32_t size = get32(rest);
  rest.remove_prefix(4);
  if (size > rest.size()) return std::nullopt;
  std::string out(rest.substr(0, size));
  rest.remove_prefix(size);
  return out;
}

}  // namespace

HeaderReader::HeaderReader()
    : zlib_(new z_stream{}, [](z_stream* z) {
        ::inflateEnd(z);
        delete z;
      }) {
  if (::inflateInit(zlib_.get()) != Z_OK) throw std::runtime_error("zlib: no memory");
}

Result<std::string> HeaderReader::inflate(std::string_view block) {
  std::string out(kHeadersMax + 1, '\0');
  zlib_->next_in = bytes(block);
  zlib_->avail_in = static_cast<uInt>(block.size());
  zlib_->next_out = bytes(out);
  zlib_->avail_out = static_cast<uInt>(out.size());
  int result = Z_OK;
  while (result == Z_OK && zlib_->avail_in > 0 && zlib_->avail_out > 0) {
    result = ::inflate(zlib_.get(), Z_SYNC_FLUSH);
    if (result == Z_NEED_DICT) {
      result = ::inflateSetDictionary(zlib_.get(), bytes(dictionary()),
                                      static_cast<uInt>(dictionary().size()));
    }
  }
  if (result != Z_OK) return malformed("they are not compressed as SPDY/3 says");
  if (zlib_->avail_out == 0) {
    return malformed("more than " + std::to_string(kHeadersMax) + " bytes");
  }
  out.resize(out.size() - zlib_->avail_out);
  return out;
}

Result<Pairs> HeaderReader::read(std::string_view block) {
  TRY(const std::string text, inflate(block));
  std::string_view rest = text;
  if (rest.size() < 4) return malformed("cut short");
  const std::uint32_t count = get32(rest);
  rest.remove_prefix(4);
  Pairs out;
  for (std::uint32_t i = 0; i < count; ++i) {
    auto name = take_text(rest);
    auto value = name ? take_text(rest) : std::nullopt;
    if (!value) return malformed("cut short");
    out.emplace_back(*std::move(name), *std::move(value));
  }
  if (!rest.empty()) return malformed("bytes after the last one");
  return out;
}

HeaderWriter::HeaderWriter()
    : zlib_(new z_stream{}, [](z_stream* z) {
        ::deflateEnd(z);
        delete z;
      }) {
  if (::deflateInit(zlib_.get(), Z_DEFAULT_COMPRESSION) != Z_OK ||
      ::deflateSetDictionary(zlib_.get(), bytes(dictionary()),
                             static_cast<uInt>(dictionary().size())) != Z_OK) {
    throw std::runtime_error("zlib: no memory");
  }
}

std::string HeaderWriter::write(const Pairs& headers) {
  std::string text;
  put32(text, static_cast<std::uint32_t>(headers.size()));
  for (const auto& [name, value] : headers) {
    for (const std::string& part : {name, value}) {
      put32(text, static_cast<std::uint32_t>(part.size()));
      text += part;
    }
  }
  // Room for the worst case and for the flush, so that one call is enough.
  std::string out(::deflateBound(zlib_.get(), text.size()) + 16, '\0');
  zlib_->next_in = bytes(text);
  zlib_->avail_in = static_cast<uInt>(text.size());
  zlib_->next_out = bytes(out);
  zlib_->avail_out = static_cast<uInt>(out.size());
  ::deflate(zlib_.get(), Z_SYNC_FLUSH);
  out.resize(out.size() - zlib_->avail_out);
  return out;
}

}  // namespace weir::rest::spdy
