// The pooling kernels; see lanes.h for the rules of files like this one.
#ifndef HEADRACE_NATIVE_POOL_KERNELS_H_
#define HEADRACE_NATIVE_POOL_KERNELS_H_

#include "lanes.h"
#include "pool.h"

namespace headrace {
namespace {

// The part of one window that lies inside the image, along one dimension.
struct Span {
  int64_t begin, end;
};

inline Span clip(int64_t position, int64_t stride, int64_t pad, int64_t window, int64_t size) {
  const int64_t start = position * stride - pad;
  return {most(start, 0), least(start + window, size)};
}

// One window of one image, and how to step from element to element.
struct Window {
  Span rows, columns;
  int64_t row_step, column_step;
  int64_t count() const {
    return most(rows.end - rows.begin, 0) * most(columns.end - columns.begin, 0);
  }
};

// Calls body(window, pixel of y, image) for the windows of rows [begin, end) of y.
template <typename Body>
inline __attribute__((always_inline)) void each_window(const PoolShape& s, int64_t begin,
                                                       int64_t end, Body body) {
  for (int64_t row = begin; row < end; ++row) {
    const int64_t image = row / s.out_h, p = row % s.out_h;
    Window window{clip(p, s.stride_h, s.pad_top, s.k_h, s.in_h), {}, s.in_w * s.channels,
                  s.channels};
    for (int64_t q = 0; q < s.out_w; ++q) {
      window.columns = clip(q, s.stride_w, s.pad_left, s.k_w, s.in_w);
      body(window, row * s.out_w + q, image);
    }
  }
}

template <typename T>
void max_forward(const PoolShape& s, const T* x, T* y, int64_t begin, int64_t end) {
  each_window(s, begin, end, [&](const Window& w, int64_t pixel, int64_t image) {
    const T* in = x + image * s.in_h * s.in_w * s.channels;
    T* out = y + pixel * s.channels;
    each_channel<T>(s.channels, [&](auto lanes, int64_t c) {
      using L = decltype(lanes);
      L best = L{} + Lowest<T>::value, value;
      for (int64_t h = w.rows.begin; h < w.rows.end; ++h) {
        for (int64_t v = w.columns.begin; v < w.columns.end; ++v) {
          load(value, in + h * w.row_step + v * w.column_step + c);
          best = value > best ? value : best;
        }
      }
      store(out + c, best);
    });
  });
}

template <typename T>
void mean_forward(const PoolShape& s, const T* x, T* y, int64_t begin, int64_t end) {
  each_window(s, begin, end, [&](const Window& w, int64_t pixel, int64_t image) {
    const T* in = x + image * s.in_h * s.in_w * s.channels;
    T* out = y + pixel * s.channels;
    const T count = static_cast<T>(w.count());
    each_channel<T>(s.channels, [&](auto lanes, int64_t c) {
      using L = decltype(lanes);
      L total{}, value;
      for (int64_t h = w.rows.begin; h < w.rows.end; ++h) {
        for (int64_t v = w.columns.begin; v < w.columns.end; ++v) {
          load(value, in + h * w.row_step + v * w.column_step + c);
          total += value;
        }
      }
      store(out + c, total / count);
    });
  });
}

// Sets the rows [begin, end) of dx to the sum of what its windows give: calls
// body(window, pixel of y, image, rows of the image to write).
//
// Windows come last to first, which is the order of the taps of a window for each element: sums are
// rounded as those of the array kernels. A row is zeroed just before its first window, and is then
// in the cache.
template <typename T, typename Body>
inline __attribute__((always_inline)) void each_window_of_rows(const PoolShape& s, T* dx,
                                                               int64_t begin, int64_t end,
                                                               Body body) {
  const int64_t row_size = s.in_w * s.channels;
  for (int64_t image = begin / s.in_h; image * s.in_h < end; ++image) {
    const int64_t first = image * s.in_h;
    const Span band{most(begin - first, 0), least(end - first, s.in_h)};
    int64_t zeroed = band.end;
    const auto zero_from = [&](int64_t row) {
      if (row >= zeroed) return;
      __builtin_memset(dx + (first + row) * row_size, 0, (zeroed - row) * row_size * sizeof(T));
      zeroed = row;
    };
    for (int64_t p = s.out_h - 1; p >= 0; --p) {
      Window window{clip(p, s.stride_h, s.pad_top, s.k_h, s.in_h), {}, row_size, s.channels};
      if (window.rows.begin >= band.end) continue;
      if (window.rows.end <= band.begin) break;
      const Span write{most(window.rows.begin, band.begin), least(window.rows.end, band.end)};
      zero_from(write.begin);
      for (int64_t q = s.out_w - 1; q >= 0; --q) {
        window.columns = clip(q, s.stride_w, s.pad_left, s.k_w, s.in_w);
        body(window, (image * s.out_h + p) * s.out_w + q, image, write);
      }
    }
    zero_from(band.begin);
  }
}

// How a window gives `left`, the gradient of its output, away: to the first element, taken in order,
// that equals `largest`. `largest` is the first element unless a later one is greater, so that it is
// a NaN only when the first element is one; hence the other comparison for that one.
template <bool kFirst, typename L>
inline __attribute__((always_inline)) void take(const L& value, const L& largest, L& left,
                                                L& taken) {
  const L nothing{};
  if (kFirst) {
    taken = value < largest ? nothing : left;
    left = value < largest ? left : nothing;
  } else {
    taken = value == largest ? left : nothing;
    left = value == largest ? nothing : left;
  }
}

// One whole window of kH by kW elements, which stay in registers; `x` and `dx` point to the first.
template <typename T, int kH, int kW>
inline __attribute__((always_inline)) void max_grad_window(const Window& w, int64_t channels,
                                                           const T* x, const T* dy, T* dx) {
  each_channel<T>(channels, [&](auto lanes, int64_t c) {
    using L = decltype(lanes);
    L values[kH * kW], left, taken;
    for (int i = 0; i < kH * kW; ++i) {
      load(values[i], x + i / kW * w.row_step + i % kW * w.column_step + c);
    }
    L largest = values[0];
    for (int i = 1; i < kH * kW; ++i) largest = values[i] > largest ? values[i] : largest;
    load(left, dy + c);
    take<true>(values[0], largest, left, taken);
    add(dx + c, taken);
    for (int i = 1; i < kH * kW; ++i) {
      take<false>(values[i], largest, left, taken);
      add(dx + i / kW * w.row_step + i % kW * w.column_step + c, taken);
    }
  });
}

// A window of any size, of which only the rows `write` are written.
template <typename T>
inline void max_grad_window(const Window& w, int64_t channels, const Span& write, const T* x,
                            const T* dy, T* dx) {
  if (w.columns.begin >= w.columns.end) return;
  each_channel<T>(channels, [&](auto lanes, int64_t c) {
    using L = decltype(lanes);
    L left, largest, value, taken;
    const auto at = [&](int64_t h, int64_t v) { return h * w.row_step + v * w.column_step + c; };
    load(largest, x + at(w.rows.begin, w.columns.begin));
    for (int64_t h = w.rows.begin; h < w.rows.end; ++h) {
      for (int64_t v = w.columns.begin; v < w.columns.end; ++v) {
        load(value, x + at(h, v));
        largest = value > largest ? value : largest;
      }
    }
    load(left, dy + c);
    for (int64_t h = w.rows.begin; h < write.end; ++h) {
      for (int64_t v = w.columns.begin; v < w.columns.end; ++v) {
        load(value, x + at(h, v));
        if (h == w.rows.begin && v == w.columns.begin) {
          take<true>(value, largest, left, taken);
        } else {
          take<false>(value, largest, left, taken);
        }
        if (h >= write.begin) add(dx + at(h, v), taken);
      }
    }
  });
}

// kH and kW are the size of the windows, or 0 for any.
template <typename T, int kH, int kW>
void max_grad_rows(const PoolShape& s, const T* x, const T* dy, T* dx, int64_t begin,
                   int64_t end) {
  const auto body = [&](const Window& w, int64_t pixel, int64_t image, const Span& write) {
    const int64_t base = image * s.in_h * s.in_w * s.channels;
    const T* out = dy + pixel * s.channels;
    if constexpr (kH != 0) {
      if (write.end - write.begin == kH && w.columns.end - w.columns.begin == kW) {
        const int64_t corner = base + w.rows.begin * w.row_step + w.columns.begin * w.column_step;
        max_grad_window<T, kH, kW>(w, s.channels, x + corner, out, dx + corner);
        return;
      }
    }
    max_grad_window(w, s.channels, write, x + base, out, dx + base);
  };
  each_window_of_rows(s, dx, begin, end, body);
}

template <typename T>
void max_grad(const PoolShape& s, const T* x, const T* dy, T* dx, int64_t begin, int64_t end) {
  if (s.k_h == 2 && s.k_w == 2) return max_grad_rows<T, 2, 2>(s, x, dy, dx, begin, end);
  if (s.k_h == 3 && s.k_w == 3) return max_grad_rows<T, 3, 3>(s, x, dy, dx, begin, end);
  max_grad_rows<T, 0, 0>(s, x, dy, dx, begin, end);
}

template <typename T>
void mean_grad(const PoolShape& s, const T* dy, T* dx, int64_t begin, int64_t end) {
  const auto body = [&](const Window& w, int64_t pixel, int64_t image, const Span& write) {
    const int64_t base = image * s.in_h * s.in_w * s.channels;
    const T* out = dy + pixel * s.channels;
    const T count = static_cast<T>(w.count());
    each_channel<T>(s.channels, [&](auto lanes, int64_t c) {
      using L = decltype(lanes);
      L share;
      load(share, out + c);
      share = share / count;
      for (int64_t h = write.begin; h < write.end; ++h) {
        for (int64_t v = w.columns.begin; v < w.columns.end; ++v) {
          add(dx + base + h * w.row_step + v * w.column_step + c, share);
        }
      }
    });
  };
  each_window_of_rows(s, dx, begin, end, body);
}

}  // namespace
}  // namespace headrace

#endif  // HEADRACE_NATIVE_POOL_KERNELS_H_
