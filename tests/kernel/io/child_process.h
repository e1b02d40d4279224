// Parts of tests that need a process of their own.
#ifndef VARVE_TESTS_KERNEL_IO_CHILD_PROCESS_H_
#define VARVE_TESTS_KERNEL_IO_CHILD_PROCESS_H_

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <string>

namespace varve::testing_support {

// Runs `body` in a forked process; its failed expectations are printed and fail the caller's test.
// What it answers: the exit code, 1 for failed expectations.
inline int RunInChild(const std::function<int()>& body) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    int code = body();
    if (::testing::Test::HasFailure()) code = 1;
    std::fflush(nullptr);
    ::_exit(code);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << "the child was killed, status " << status;
  const int code = WEXITSTATUS(status);
  EXPECT_NE(code, 1) << "expectations failed in the child, see above";
  return code;
}

// Gives up root's right to everything, in a child that runs as root.
inline void BecomeNobody() {
  constexpr uid_t kNobody = 65534;
  if (::getuid() != 0) return;
  ASSERT_EQ(::setgid(kNobody), 0);
  ASSERT_EQ(::setuid(kNobody), 0);
}

// A fresh folder for the running test.
inline std::string MakeTestFolder() {
  std::string path = ::testing::TempDir() + "varve_io_XXXXXX";
  EXPECT_NE(::mkdtemp(path.data()), nullptr);
  return path;
}

}  // namespace varve::testing_support

#endif  // VARVE_TESTS_KERNEL_IO_CHILD_PROCESS_H_
