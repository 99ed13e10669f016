#pragma once
// Measured work beside its floor: what any solution over SQLite must do, in the same run.

#include <chrono>
#include <string>

namespace holdfast::bench {

/// One JSON line: {"work","what","value","unit","floor","ratio"}; floor 0 prints null.
void report(const char* work, const char* what, double value, const char* unit, double floor = 0);

class Timer {
 public:
  double ms() const { return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began_).count(); }

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

void w1();
void w2();
void w3();
/// W1 and W3 on the product's own shape: people with a company, a phone and a mail each.
void w4();

}  // namespace holdfast::bench
