// XLA's door to the kernels of rows: buffers of several types, indices of either width.

#include <algorithm>
#include <new>

#include "ffi_threads.h"
#include "rows.h"
#include "xla/ffi/api/ffi.h"

namespace headrace {
namespace {

namespace ffi = xla::ffi;

// One buffer of a call, seen as rows along its first dimension.
struct Rows {
  explicit Rows(const ffi::AnyBuffer& buffer)
      : data(buffer.untyped_data()), type(buffer.element_type()) {
    const auto dims = buffer.dimensions();
    height = dims.size() ? dims[0] : 1;
    for (std::size_t i = 1; i < dims.size(); ++i) size *= dims[i];
    bytes = size * static_cast<std::int64_t>(ffi::ByteWidth(type));
  }

  template <typename T>
  T* as() const {
    return static_cast<T*>(data);
  }

  void* data;
  ffi::DataType type;
  std::int64_t height, size = 1, bytes;
};

ffi::Error misfit() {
  return ffi::Error::InvalidArgument("buffers of types or sizes that do not fit");
}

// Calls `run` with a null pointer of the index type.
template <typename Run>
ffi::Error by_index(const Rows& at, Run run) {
  if (at.type != ffi::S32 && at.type != ffi::S64) return misfit();
  try {
    if (at.type == ffi::S32) {
      run(static_cast<std::int32_t*>(nullptr));
    } else {
      run(static_cast<std::int64_t*>(nullptr));
    }
  } catch (const std::bad_alloc&) {
    return ffi::Error(ffi::ErrorCode::kResourceExhausted, "out of memory");
  }
  return ffi::Error::Success();
}

ffi::Error handle_take(ffi::ThreadPool pool, ffi::AnyBuffer table, ffi::AnyBuffer at,
                       ffi::Result<ffi::AnyBuffer> out) {
  const Rows from(table), places(at), to(*out);
  if (places.size != 1 || from.type != to.type || to.height != places.height ||
      from.bytes != to.bytes || from.height < 1) {
    return misfit();
  }
  return by_index(places, [&](auto* index) {
    using I = std::remove_pointer_t<decltype(index)>;
    take_rows<I>(from.height, from.bytes, from.data, places.height, places.as<I>(), to.data,
                 xla_threads(pool));
  });
}

// The table's memory is the result's, or is copied there.
void keep(const ffi::AnyBuffer& table, const ffi::AnyBuffer& out) {
  if (out.untyped_data() == table.untyped_data()) return;
  std::copy_n(static_cast<const char*>(table.untyped_data()), table.size_bytes(),
              static_cast<char*>(out.untyped_data()));
}

ffi::Error handle_put(ffi::ThreadPool pool, ffi::AnyBuffer table, ffi::AnyBuffer at,
                      ffi::AnyBuffer rows, ffi::Result<ffi::AnyBuffer> out) {
  const Rows from(rows), places(at), to(*out);
  if (places.size != 1 || from.type != to.type || from.height != places.height ||
      from.bytes != to.bytes || table.size_bytes() != out->size_bytes()) {
    return misfit();
  }
  keep(table, *out);
  return by_index(places, [&](auto* index) {
    using I = std::remove_pointer_t<decltype(index)>;
    put_rows<I>(to.height, to.bytes, to.data, places.height, places.as<I>(), from.data,
                xla_threads(pool));
  });
}

// Calls `run` with null pointers of the index type and of the element type.
template <typename Run>
ffi::Error by_types(const Rows& at, ffi::DataType type, Run run) {
  if (type != ffi::F32 && type != ffi::F64) return misfit();
  return by_index(at, [&](auto* index) {
    if (type == ffi::F32) {
      run(index, static_cast<float*>(nullptr));
    } else {
      run(index, static_cast<double*>(nullptr));
    }
  });
}

// Adds rows to `to`, which holds a table when `onto` says so.
ffi::Error summed(ffi::ThreadPool pool, const Rows& to, const Rows& places, const Rows& from,
                  bool onto) {
  if (places.size != 1 || from.type != to.type || from.height != places.height ||
      from.size != to.size) {
    return misfit();
  }
  return by_types(places, to.type, [&](auto* index, auto* element) {
    using I = std::remove_pointer_t<decltype(index)>;
    using T = std::remove_pointer_t<decltype(element)>;
    (onto ? add_rows<T, I> : sum_rows<T, I>)(to.height, to.size, to.as<T>(), places.height,
                                             places.as<I>(), from.as<T>(), xla_threads(pool));
  });
}

ffi::Error handle_add(ffi::ThreadPool pool, ffi::AnyBuffer table, ffi::AnyBuffer at,
                      ffi::AnyBuffer rows, ffi::Result<ffi::AnyBuffer> out) {
  if (table.size_bytes() != out->size_bytes()) return misfit();
  keep(table, *out);
  return summed(pool, Rows(*out), Rows(at), Rows(rows), true);
}

ffi::Error handle_sum(ffi::ThreadPool pool, ffi::AnyBuffer at, ffi::AnyBuffer rows,
                      ffi::Result<ffi::AnyBuffer> out) {
  return summed(pool, Rows(*out), Rows(at), Rows(rows), false);
}

ffi::Error handle_adagrad(ffi::ThreadPool pool, ffi::AnyBuffer var, ffi::AnyBuffer accum,
                          ffi::AnyBuffer at, ffi::AnyBuffer grad, ffi::AnyBuffer rate,
                          ffi::Result<ffi::AnyBuffer> new_var,
                          ffi::Result<ffi::AnyBuffer> new_accum) {
  const Rows from(grad), places(at), to(*new_var), sums(*new_accum);
  if (places.size != 1 || from.type != to.type || sums.type != to.type || Rows(rate).type != to.type ||
      rate.element_count() != 1 || from.height != places.height || from.bytes != to.bytes ||
      sums.bytes != to.bytes || sums.height != to.height ||
      var.size_bytes() != new_var->size_bytes() || accum.size_bytes() != new_accum->size_bytes()) {
    return misfit();
  }
  keep(var, *new_var);
  keep(accum, *new_accum);
  return by_types(places, to.type, [&](auto* index, auto* element) {
    using I = std::remove_pointer_t<decltype(index)>;
    using T = std::remove_pointer_t<decltype(element)>;
    adagrad_rows<T, I>(to.height, to.size, *Rows(rate).as<T>(), to.as<T>(), sums.as<T>(),
                       places.height, places.as<I>(), from.as<T>(), xla_threads(pool));
  });
}

ffi::Error handle_distinct(ffi::AnyBuffer x, ffi::Result<ffi::AnyBuffer> elements,
                           ffi::Result<ffi::AnyBuffer> numbers) {
  const Rows from(x), found(*elements), named(*numbers);
  if (found.type != from.type || found.height != from.height || named.height != from.height) {
    return misfit();
  }
  return by_index(from, [&](auto* index) {
    using I = std::remove_pointer_t<decltype(index)>;
    if (named.type == ffi::S32) {
      distinct(from.height, from.as<I>(), found.as<I>(), named.as<std::int32_t>());
    } else {
      distinct(from.height, from.as<I>(), found.as<I>(), named.as<std::int64_t>());
    }
  });
}

using Pool = ffi::ThreadPool;
using Any = ffi::AnyBuffer;

}  // namespace
}  // namespace headrace

#pragma GCC visibility push(default)
XLA_FFI_DEFINE_HANDLER_SYMBOL(
    headrace_take_rows, headrace::handle_take,
    xla::ffi::Ffi::Bind().Ctx<headrace::Pool>().Arg<headrace::Any>().Arg<headrace::Any>()
        .Ret<headrace::Any>());
XLA_FFI_DEFINE_HANDLER_SYMBOL(
    headrace_put_rows, headrace::handle_put,
    xla::ffi::Ffi::Bind().Ctx<headrace::Pool>().Arg<headrace::Any>().Arg<headrace::Any>()
        .Arg<headrace::Any>().Ret<headrace::Any>());
XLA_FFI_DEFINE_HANDLER_SYMBOL(
    headrace_add_rows, headrace::handle_add,
    xla::ffi::Ffi::Bind().Ctx<headrace::Pool>().Arg<headrace::Any>().Arg<headrace::Any>()
        .Arg<headrace::Any>().Ret<headrace::Any>());
XLA_FFI_DEFINE_HANDLER_SYMBOL(
    headrace_sum_rows, headrace::handle_sum,
    xla::ffi::Ffi::Bind().Ctx<headrace::Pool>().Arg<headrace::Any>().Arg<headrace::Any>()
        .Ret<headrace::Any>());
XLA_FFI_DEFINE_HANDLER_SYMBOL(
    headrace_adagrad_rows, headrace::handle_adagrad,
    xla::ffi::Ffi::Bind().Ctx<headrace::Pool>().Arg<headrace::Any>().Arg<headrace::Any>()
        .Arg<headrace::Any>().Arg<headrace::Any>().Arg<headrace::Any>().Ret<headrace::Any>()
        .Ret<headrace::Any>());
XLA_FFI_DEFINE_HANDLER_SYMBOL(
    headrace_distinct, headrace::handle_distinct,
    xla::ffi::Ffi::Bind().Arg<headrace::Any>().Ret<headrace::Any>().Ret<headrace::Any>());
#pragma GCC visibility pop
