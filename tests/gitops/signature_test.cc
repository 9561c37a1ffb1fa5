// Signatures of commits and tags: by whom, over what, and in each mode of spec.verify.

#include "tests/gitops/git_fixture.h"

namespace weir::gitops {
namespace {

class SignatureTest : public GitFixture {
 protected:
  SignatureTest() {
    for (const char* name : {"ssh-ada", "ssh-eve"}) {
      shell("ssh-keygen -q -t ed25519 -N '' -C " + std::string(name) + " -f " + folder_ + "/" +
            name);
    }
    for (const char* name : {"ada", "eve"}) pgp_key(name, "2y");
  }
  ~SignatureTest() override { shell("gpgconf --homedir " + folder_ + "/pgp --kill all"); }

  std::string gpg(const std::string& arguments) const {
    return shell("mkdir -p -m 700 " + folder_ + "/pgp; gpg --homedir " + folder_ +
                 "/pgp --batch --quiet --pinentry-mode loopback --passphrase '' " + arguments +
                 " 2>/dev/null");
  }
  void pgp_key(const std::string& name, const std::string& expires) const {
    gpg("--quick-generate-key " + name + "@example.com ed25519 sign " + expires);
  }
  std::string pgp_public(const std::string& name) const {
    return gpg("--armor --export " + name + "@example.com");
  }
  std::string pgp_id(const std::string& name) const {
    return gpg("--list-keys --with-colons " + name + "@example.com | grep ^fpr | cut -d: -f10")
        .substr(24);
  }
  std::string ssh_public(const std::string& name) const {
    return read_file(folder_ + "/" + name + ".pub");
  }
  std::string ssh_id(const std::string& name) const {
    return shell("ssh-keygen -lf " + folder_ + "/" + name + ".pub | cut -d' ' -f2");
  }
  // Options of git that make it sign.
  std::string by_pgp(const std::string& name) const {
    write_file(folder_ + "/gpg", "#!/bin/sh\nexec gpg --homedir " + folder_ +
                                     "/pgp --batch --pinentry-mode loopback --passphrase '' "
                                     "\"$@\"\n");
    shell("chmod +x " + folder_ + "/gpg");
    return "-c gpg.program=" + folder_ + "/gpg -c user.signingKey=" + name + "@example.com ";
  }
  std::string by_ssh(const std::string& name) const {
    return "-c gpg.format=ssh -c user.signingKey=" + folder_ + "/" + name + " ";
  }
  void signed_commit(const std::string& how) {
    write_file(work_ + "/a.yaml", "one");
    git("add -A");
    git(how + " commit -q -S -m signed");
  }
  std::string verified(const std::string& mode, const std::vector<std::string>& keys,
                       const GitReference& ref = {.branch = "main"}) {
    FetchRequest asked = request();
    asked.ref = ref;
    asked.verify = {.mode = mode, .keys = keys};
    const FetchResult result = fetch(asked);
    return result ? result->verified : text_of(result);
  }
  std::string failed_commit(const std::string& why) {
    return "InvalidCommitSignature: signature verification of commit '" + id() + "' failed: " + why;
  }
  std::string good_commit(const std::string& key) {
    return "verified signature of commit '" + id() + "' with key '" + key + "'";
  }
};

TEST_F(SignatureTest, PgpOfACommit) {
  signed_commit(by_pgp("ada"));
  EXPECT_EQ(verified("HEAD", {pgp_public("ada")}), good_commit(pgp_id("ada")));
  EXPECT_EQ(verified("HEAD", {pgp_public("eve"), pgp_public("ada")}), good_commit(pgp_id("ada")));
  EXPECT_EQ(verified("HEAD", {pgp_public("eve")}),
            failed_commit("it is by none of the given keys"));
  EXPECT_EQ(verified("HEAD", {ssh_public("ssh-ada")}),
            failed_commit("it is a PGP signature, and no PGP key is given"));
  EXPECT_EQ(verified("HEAD", {"no key at all"}),
            failed_commit("it is a PGP signature, and no PGP key is given"));
}

TEST_F(SignatureTest, SshOfACommit) {
  signed_commit(by_ssh("ssh-ada"));
  EXPECT_EQ(verified("HEAD", {ssh_public("ssh-ada")}), good_commit(ssh_id("ssh-ada")));
  EXPECT_EQ(
      verified("HEAD", {"# keys\n\nada@example.com namespaces=\"git\" " + ssh_public("ssh-ada")}),
      good_commit(ssh_id("ssh-ada")));
  EXPECT_EQ(verified("HEAD", {pgp_public("ada"), ssh_public("ssh-eve") + ssh_public("ssh-ada")}),
            good_commit(ssh_id("ssh-ada")));
  EXPECT_EQ(verified("HEAD", {ssh_public("ssh-eve")}),
            failed_commit("it is by none of the given keys"));
  EXPECT_EQ(verified("HEAD", {"ada@example.com namespaces=\"file\" " + ssh_public("ssh-ada")}),
            failed_commit("it does not fit what is signed, or its key may not sign"));
  EXPECT_EQ(verified("HEAD", {pgp_public("ada")}),
            failed_commit("it is an SSH signature, and no SSH key is given"));
}

TEST_F(SignatureTest, NoSignature) {
  commit("a.yaml", "one");
  EXPECT_EQ(verified("HEAD", {pgp_public("ada")}), failed_commit("it has no signature"));
}

// The signature of one commit under another one.
TEST_F(SignatureTest, ASignatureThatWasMoved) {
  for (const std::string& how : {by_pgp("ada"), by_ssh("ssh-ada")}) {
    signed_commit(how);
    git("cat-file commit HEAD | sed 's/^signed$/forged/' > " + folder_ + "/forged");
    git("reset -q --hard $(git hash-object -t commit -w " + folder_ + "/forged)");
    EXPECT_EQ(verified("HEAD", {pgp_public("ada"), ssh_public("ssh-ada")}),
              failed_commit(how == by_pgp("ada")
                                ? "it does not fit what is signed"
                                : "it does not fit what is signed, or its key may not sign"));
    git("update-ref -d refs/heads/main");
  }
}

TEST_F(SignatureTest, AKeyThatHasExpired) {
  gpg("--faked-system-time 20250101T000000 --quick-generate-key old@example.com ed25519 sign 1d");
  write_file(folder_ + "/old-gpg", "#!/bin/sh\nexec gpg --homedir " + folder_ +
                                       "/pgp --faked-system-time 20250101T010000 --batch "
                                       "--pinentry-mode loopback --passphrase '' \"$@\"\n");
  shell("chmod +x " + folder_ + "/old-gpg");
  signed_commit("-c gpg.program=" + folder_ + "/old-gpg -c user.signingKey=old@example.com ");
  EXPECT_EQ(verified("HEAD", {pgp_public("old")}), failed_commit("its key has expired"));
}

TEST_F(SignatureTest, ModesAndTags) {
  signed_commit(by_pgp("ada"));
  git("tag plain");
  git("tag -a -m annotated annotated");
  git(by_pgp("ada") + "tag -s -m release v1.0.0");
  git(by_ssh("ssh-eve") + "tag -s -m release v2.0.0");
  const std::vector<std::string> keys{pgp_public("ada"), ssh_public("ssh-ada")};
  const std::string ada = "with key '" + pgp_id("ada") + "'";
  const std::string no_tag =
      "InvalidVerificationMode: cannot verify a tag's signature where spec.ref asks for no tag: "
      "give tag, semver or a name of refs/tags/, or verify HEAD";
  const auto unsigned_tag = [](const std::string& tag) {
    return "InvalidGitObject: cannot verify signature of tag '" + tag +
           "' since it is not signed: sign it (git tag -s)";
  };
  struct Row {
    const char* mode;
    GitReference ref;
    std::string want;
  };
  const Row rows[] = {
      {"Tag", {.tag = "v1.0.0"}, "verified signature of tag 'v1.0.0' " + ada},
      {"Tag", {.semver = "1.x"}, "verified signature of tag 'v1.0.0' " + ada},
      {"Tag", {.name = "refs/tags/v1.0.0"}, "verified signature of tag 'v1.0.0' " + ada},
      {"TagAndHEAD",
       {.tag = "v1.0.0"},
       "verified signature of tag 'v1.0.0' " + ada + " and commit '" + id() + "' " + ada},
      {"Tag",
       {.tag = "v2.0.0"},
       "InvalidTagSignature: signature verification of tag 'v2.0.0' failed: it is by none of the "
       "given keys"},
      {"HEAD", {.tag = "v2.0.0"}, good_commit(pgp_id("ada"))},
      {"Tag", {.tag = "plain"}, unsigned_tag("plain")},
      {"TagAndHEAD", {.tag = "annotated"}, unsigned_tag("annotated")},
      {"Tag", {.branch = "main"}, no_tag},
      {"TagAndHEAD", {.commit = id()}, no_tag},
      {"head", {}, "InvalidVerificationMode: spec.verify.mode is HEAD, Tag or TagAndHEAD"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(verified(row.mode, keys, row.ref), row.want) << row.mode;
  }
  EXPECT_EQ(verified("HEAD", {}),
            "VerificationError: there is no key to verify with: the Secret of "
            "spec.verify.secretRef is empty");
}

}  // namespace
}  // namespace weir::gitops
