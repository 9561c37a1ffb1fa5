#include "controller/api/credentials.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "controller/api/certificate.h"

namespace weir::rest {
namespace {

constexpr std::int64_t kDay = 86400;
constexpr std::int64_t kStart = 1'767'323'045;

class CredentialsTest : public ::testing::Test {
 protected:
  CredentialsTest() {
    std::string path = (std::filesystem::temp_directory_path() / "weir-pki-XXXXXX").string();
    folder_ = ::mkdtemp(path.data());
  }
  ~CredentialsTest() override { std::filesystem::remove_all(folder_); }

  std::string read(const std::string& name) const {
    std::ifstream in(folder_ + "/" + name);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ + "/" + name) << text;
  }
  void ensure(std::int64_t now, const std::string& address = "127.0.0.1:7443") const {
    const auto made = ensure_credentials(folder_, address, now);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->server_certificate, read("pki/server.crt"));
    EXPECT_EQ(made->admin_kubeconfig, folder_ + "/admin.kubeconfig");
  }
  int mode(const std::string& name) const {
    struct stat status = {};
    EXPECT_EQ(::stat((folder_ + "/" + name).c_str(), &status), 0) << name;
    return status.st_mode & 0777;
  }
  // Which of the three certificates changed since `before`.
  std::vector<std::string> all() const {
    return {read("pki/ca.crt"), read("pki/server.crt"), read("pki/admin.crt")};
  }
  static std::string changes(const std::vector<std::string>& before,
                             const std::vector<std::string>& after) {
    const char* names[] = {"ca ", "server ", "admin "};
    std::string out;
    for (int i = 0; i < 3; ++i) out += before[i] == after[i] ? "" : names[i];
    return out;
  }

  std::string folder_;
};

TEST_F(CredentialsTest, AreMadeOnceAndKept) {
  ensure(kStart);
  EXPECT_EQ(mode("pki"), 0700);
  for (const char* name : {"pki/ca.key", "pki/server.key", "pki/admin.key", "admin.kubeconfig"}) {
    EXPECT_EQ(mode(name), 0600) << name;
  }
  const auto first = all();
  const std::string config = read("admin.kubeconfig");
  EXPECT_NE(config.find("server: https://127.0.0.1:7443\n"), std::string::npos);
  ensure(kStart + 30 * kDay);
  EXPECT_EQ(changes(first, all()), "");
  EXPECT_EQ(read("admin.kubeconfig"), config);
}

TEST_F(CredentialsTest, AreRenewedInTime) {
  ensure(kStart);
  const auto first = all();
  ensure(kStart + 700 * kDay);
  EXPECT_EQ(changes(first, all()), "");
  ensure(kStart + 800 * kDay);
  EXPECT_EQ(changes(first, all()), "server admin ");
  const auto second = all();
  ensure(kStart + 2500 * kDay);
  EXPECT_EQ(changes(second, all()), "ca server admin ");
}

TEST_F(CredentialsTest, WhatIsLostOrBrokenIsMadeAgain) {
  struct Row {
    const char* file;
    const char* bytes;
    const char* want;
  };
  const Row rows[] = {
      {"pki/server.crt", "rubbish", "server "}, {"pki/server.key", "", "server "},
      {"pki/admin.crt", "", "admin "},          {"pki/ca.crt", "rubbish", "ca server admin "},
      {"pki/ca.key", "", "ca server admin "},
  };
  ensure(kStart);
  for (const Row& row : rows) {
    const auto before = all();
    write(row.file, row.bytes);
    ensure(kStart);
    EXPECT_EQ(changes(before, all()), row.want) << row.file;
  }
}

TEST_F(CredentialsTest, AnotherAddressNeedsAnotherCertificate) {
  ensure(kStart);
  const auto first = all();
  ensure(kStart, "10.1.2.3:7443");
  EXPECT_EQ(changes(first, all()), "server ");
  EXPECT_NE(read("admin.kubeconfig").find("server: https://10.1.2.3:7443\n"), std::string::npos);
  const auto second = all();
  ensure(kStart, "0.0.0.0:8443");
  EXPECT_EQ(changes(second, all()), "");
  EXPECT_NE(read("admin.kubeconfig").find("server: https://127.0.0.1:8443\n"), std::string::npos);
  ensure(kStart, "[fd00::1]:7443");
  EXPECT_NE(read("admin.kubeconfig").find("server: https://[fd00::1]:7443\n"), std::string::npos);
}

TEST_F(CredentialsTest, TroubleIsNamed) {
  const auto bad_address = ensure_credentials(folder_, "nowhere", kStart);
  ASSERT_FALSE(bad_address);
  EXPECT_EQ(bad_address.error().message, "API address \"nowhere\": want ADDR:PORT");
  write("file", "");
  const auto bad_folder = ensure_credentials(folder_ + "/file", "127.0.0.1:1", kStart);
  ASSERT_FALSE(bad_folder);
  EXPECT_NE(bad_folder.error().message.find("cannot make " + folder_ + "/file/pki: "),
            std::string::npos);
}

}  // namespace
}  // namespace weir::rest
