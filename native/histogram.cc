#include "histogram.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

namespace headrace {
namespace {

constexpr double kSmallest = 1e-12, kLargest = 1e20, kGrowth = 1.1;

// The sign, the exponent and four bits of the fraction of a double: numbers that share them are
// less than 10 % apart, so that at most one limit lies between them.
constexpr int kDropped = 48;

std::uint64_t bits_of(double number) {
  std::uint64_t bits;
  std::memcpy(&bits, &number, sizeof bits);
  return bits;
}

class Buckets {
 public:
  Buckets() : first_(std::size_t{1} << (64 - kDropped)) {
    std::vector<double> positive;
    for (double limit = kSmallest; limit < kLargest; limit *= kGrowth) positive.push_back(limit);
    positive.push_back(std::numeric_limits<double>::max());
    for (auto limit = positive.rbegin(); limit != positive.rend(); ++limit)
      limits_.push_back(-*limit);
    limits_.push_back(0.0);
    limits_.insert(limits_.end(), positive.begin(), positive.end());
    // The greatest number belongs to the last bucket, not behind it.
    limits_.back() = std::numeric_limits<double>::infinity();
    for (std::uint64_t cell = 0; cell < first_.size(); ++cell) {
      // The least number of a cell: of negative ones that with the greatest magnitude.
      const bool negative = cell >> (63 - kDropped) != 0;
      const std::uint64_t bits = (cell + negative) << kDropped;
      double least;
      const std::uint64_t whole = bits - negative;
      std::memcpy(&least, &whole, sizeof least);
      if (!std::isfinite(least)) continue;
      first_[cell] = static_cast<std::uint16_t>(
          std::upper_bound(limits_.begin(), limits_.end(), least) - limits_.begin());
    }
  }

  std::int64_t size() const { return static_cast<std::int64_t>(limits_.size()); }

  // The first bucket whose limit is above a finite number.
  std::size_t of(double number) const {
    const std::size_t bucket = first_[bits_of(number) >> kDropped];
    return bucket + (limits_[bucket] <= number);
  }

 private:
  std::vector<double> limits_;
  // By the leading bits of a number, the bucket of the least number that has them.
  std::vector<std::uint16_t> first_;
};

}  // namespace

template <typename T>
bool count_histogram(const T* numbers, std::int64_t size, std::int64_t* counts,
                     std::int64_t buckets, Moments* moments) {
  static const Buckets known;
  if (buckets != known.size()) return false;
  double low = std::numeric_limits<double>::max(), high = -low, sum = 0, squares = 0;
  for (std::int64_t i = 0; i < size; ++i) {
    const double number = static_cast<double>(numbers[i]);
    if (!std::isfinite(number)) return false;
    ++counts[known.of(number)];
    low = std::min(low, number);
    high = std::max(high, number);
    sum += number;
    squares += number * number;
  }
  *moments = {low, high, sum, squares};
  return true;
}

template bool count_histogram<float>(const float*, std::int64_t, std::int64_t*, std::int64_t,
                                     Moments*);
template bool count_histogram<double>(const double*, std::int64_t, std::int64_t*, std::int64_t,
                                      Moments*);

}  // namespace headrace
