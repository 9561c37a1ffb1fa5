// Over ssh, with openssh-server: who the server is, and who we are.

#include <sys/stat.h>

#include <filesystem>

#include "tests/gitops/git_fixture.h"
#include "tests/gitops/servers.h"

namespace weir::gitops {
namespace {

class SshTest : public GitFixture {
 protected:
  SshTest() {
    commit("a.yaml", "one");
    for (const char* name : {"host-ed25519", "other-ed25519", "client-ed25519", "wrong-ed25519",
                             "host-ecdsa", "client-ecdsa", "client-rsa"}) {
      key(name, "");
    }
    key("locked-ed25519", "open sesame");
    std::filesystem::create_directories(folder_ + "/keys/authorized");
    for (const char* name : {"client-ed25519", "client-ecdsa", "client-rsa", "locked-ed25519"}) {
      authorized_ += pub(name);
    }
    write_file(folder_ + "/authorized_keys", authorized_);
  }

  void key(const std::string& name, const std::string& passphrase) const {
    shell("mkdir -p " + folder_ + "/keys; ssh-keygen -q -t " + name.substr(name.find('-') + 1) +
          " -N '" + passphrase + "' -C '' -f " + path(name));
  }
  std::string path(const std::string& name) const { return folder_ + "/keys/" + name; }
  std::string pub(const std::string& name) const { return read_file(path(name) + ".pub"); }
  std::string print(const std::string& name) const {
    return shell("ssh-keygen -lf " + path(name) + ".pub | cut -d' ' -f2");
  }
  SshServer server(const std::string& host_key) const {
    return SshServer(folder_, path(host_key), folder_ + "/authorized_keys");
  }
  FetchRequest at(const SshServer& server, const std::string& host_key,
                  const std::string& identity) const {
    FetchRequest asked = request();
    asked.url = server.url(work_);
    asked.credentials.identity = read_file(path(identity));
    asked.credentials.known_hosts = server.known_host() + " " + pub(host_key);
    return asked;
  }
  std::string content() {
    return "main@sha1:" + id() + " \"change a.yaml\" by Ada <ada@example.com>\na.yaml = one";
  }

  std::string authorized_;
};

TEST_F(SshTest, KeysOfEachKind) {
  const SshServer ed25519 = server("host-ed25519"), ecdsa = server("host-ecdsa");
  EXPECT_EQ(fetched(at(ed25519, "host-ed25519", "client-ed25519")), content());
  EXPECT_EQ(fetched(at(ed25519, "host-ed25519", "client-ecdsa")), content());
  EXPECT_EQ(fetched(at(ecdsa, "host-ecdsa", "client-ed25519")), content());
}

TEST_F(SshTest, AHashedHostName) {
  const SshServer ssh = server("host-ed25519");
  FetchRequest asked = at(ssh, "host-ed25519", "client-ed25519");
  write_file(folder_ + "/hosts", asked.credentials.known_hosts);
  shell("ssh-keygen -q -H -f " + folder_ + "/hosts 2>/dev/null");
  asked.credentials.known_hosts = read_file(folder_ + "/hosts");
  ASSERT_EQ(asked.credentials.known_hosts.find("127.0.0.1"), std::string::npos);
  EXPECT_EQ(fetched(asked), content());
}

TEST_F(SshTest, TheServerProvesItselfWithItsBestKey) {
  const SshServer ssh = server("host-ed25519");
  FetchRequest asked = at(ssh, "host-ed25519", "client-ed25519");
  // As ssh-keyscan may write it: the RSA key, which the server would refuse to use, first.
  asked.credentials.known_hosts =
      ssh.known_host() + " " + pub("client-rsa") + asked.credentials.known_hosts;
  EXPECT_EQ(fetched(asked), content());
}

TEST_F(SshTest, AnotherHostKey) {
  const SshServer ssh = server("host-ed25519");
  FetchRequest asked = at(ssh, "other-ed25519", "client-ed25519");
  const std::string shown = "AuthenticationFailed: cannot fetch " + asked.url +
                            ": the server shows the host key " + print("host-ed25519");
  const std::string advice =
      ": somebody may stand between, or the server's key was changed; ask its owner, then put the "
      "right key into known_hosts";
  EXPECT_EQ(fetched(asked), shown + ", but known_hosts in the Secret of secretRef has " +
                                print("other-ed25519") + advice);
  asked.credentials.known_hosts = "elsewhere.example " + pub("host-ed25519");
  EXPECT_EQ(fetched(asked), shown + ", and known_hosts has none of this host" + advice);
  asked.credentials.known_hosts = "";
  EXPECT_EQ(fetched(asked),
            "AuthenticationFailed: ssh needs the server's host keys, or anybody could be that "
            "server: give `known_hosts` in the Secret of secretRef (ssh-keyscan 127.0.0.1 shows "
            "them; compare them with what the server's owner publishes)");
  asked.credentials.known_hosts = "@revoked * " + pub("host-ed25519");
  EXPECT_EQ(fetched(asked),
            "AuthenticationFailed: known_hosts in the Secret of secretRef has a line that is not "
            "supported, with an @ marker or a pattern: write each host out, as ssh-keyscan does");
}

TEST_F(SshTest, Identities) {
  const SshServer ssh = server("host-ed25519");
  struct Row {
    const char* name;
    const char* identity;
    const char* passphrase;
    std::string want;
  };
  const std::string refused =
      "the server does not take the credentials in the Secret of secretRef: see whether they are "
      "still good and may read this repository; an RSA key signs with SHA-1 here, which most "
      "servers refuse: take an ed25519 one";
  const std::string see =
      ": see `identity` in the Secret of secretRef, a private key, and `password`, which opens it";
  const std::string locked =
      "Failed to authenticate SSH session: Private key unpack failed (correct password?)" + see;
  const Row rows[] = {
      {"one that the server does not know", "wrong-ed25519", "", refused},
      {"RSA", "client-rsa", "", refused},
      {"a locked one, opened", "locked-ed25519", "open sesame", ""},
      {"a locked one, with another passphrase", "locked-ed25519", "wrong", locked},
  };
  for (const Row& row : rows) {
    FetchRequest asked = at(ssh, "host-ed25519", row.identity);
    asked.credentials.password = row.passphrase;
    EXPECT_EQ(fetched(asked), row.want.empty() ? content()
                                               : "AuthenticationFailed: cannot fetch " + asked.url +
                                                     ": " + row.want)
        << row.name;
  }
}

}  // namespace
}  // namespace weir::gitops
