//! Compiles a loop for several instruction sets and picks one when it runs.

/// Whether the machine has all of AVX-512 that the kernels are compiled for.
#[cfg(target_arch = "x86_64")]
pub(super) fn avx512() -> bool {
    use std::arch::is_x86_feature_detected as has;
    #[cfg(test)]
    if MOST.get() < Set::Avx512 {
        return false;
    }
    has!("avx512f") && has!("avx512vl") && has!("avx512dq") && has!("avx512bw") && has!("fma")
}

/// Whether the machine has AVX2 and fused multiply-adds.
#[cfg(target_arch = "x86_64")]
pub(super) fn avx2() -> bool {
    use std::arch::is_x86_feature_detected as has;
    #[cfg(test)]
    if MOST.get() < Set::Avx2 {
        return false;
    }
    has!("avx2") && has!("fma")
}

/// The instruction sets that kernels are compiled for, each with those before it.
#[cfg(test)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Set {
    /// What every machine of the kind has.
    Plain,
    Avx2,
    Avx512,
}

#[cfg(test)]
impl Set {
    pub const ALL: [Self; 3] = [Self::Plain, Self::Avx2, Self::Avx512];

    /// Whether the machine has it.
    pub fn is_here(self) -> bool {
        match self {
            Self::Plain => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => avx2(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => avx512(),
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }
}

#[cfg(test)]
thread_local! {
    /// The greatest set that kernels of this thread may take.
    static MOST: std::cell::Cell<Set> = const { std::cell::Cell::new(Set::Avx512) };
}

/// Runs `f` as on a machine that has no more than `set`; what `f` leaves to other threads takes all that there is.
#[cfg(test)]
pub(super) fn at_most<R>(set: Set, f: impl FnOnce() -> R) -> R {
    let before = MOST.replace(set);
    let done = f();
    MOST.set(before);
    done
}

/// Bytes of a cache line.
const LINE: usize = 64;

/// Asks for the cache line of an address in the second-level cache; the address need not be good.
#[inline(always)]
pub(super) fn fetch<T>(address: *const T) {
    // SAFETY: a hint, which every x86-64 takes for any address.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T1>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

/// Asks for every cache line of a slice.
pub(super) fn fetch_all<T>(slice: &[T]) {
    for line in slice.chunks((LINE / size_of::<T>()).max(1)) {
        fetch(line.as_ptr());
    }
}

/// Defines a generic function over [`Real`](super::real::Real) whose body is compiled for AVX-512, AVX2 and
/// the baseline, chosen by what the machine has. One binary is fast everywhere.
macro_rules! multiversion {
    ($(#[$meta:meta])* pub(super) fn $name:ident<T: Real>($($arg:ident: $ty:ty),* $(,)?) $body:block) => {
        $(#[$meta])*
        pub(super) fn $name<T: Real>($($arg: $ty),*) {
            #[inline(always)]
            $(#[$meta])*
            fn body<T: Real>($($arg: $ty),*) $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
                $(#[$meta])*
                fn avx512<T: Real>($($arg: $ty),*) {
                    body::<T>($($arg),*);
                }
                #[target_feature(enable = "avx2,fma")]
                $(#[$meta])*
                fn avx2<T: Real>($($arg: $ty),*) {
                    body::<T>($($arg),*);
                }
                if super::simd::avx512() {
                    // SAFETY: every feature the function enables was just detected.
                    return unsafe { avx512::<T>($($arg),*) };
                }
                if super::simd::avx2() {
                    // SAFETY: every feature the function enables was just detected.
                    return unsafe { avx2::<T>($($arg),*) };
                }
            }
            body::<T>($($arg),*);
        }
    };
}

pub(super) use multiversion;
