//! Compiles a loop for several instruction sets and picks one when it runs.

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
                if std::arch::is_x86_feature_detected!("avx512f")
                    && std::arch::is_x86_feature_detected!("avx512vl")
                    && std::arch::is_x86_feature_detected!("avx512dq")
                    && std::arch::is_x86_feature_detected!("avx512bw")
                    && std::arch::is_x86_feature_detected!("fma")
                {
                    // SAFETY: every feature the function enables was just detected.
                    return unsafe { avx512::<T>($($arg),*) };
                }
                if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
                    // SAFETY: every feature the function enables was just detected.
                    return unsafe { avx2::<T>($($arg),*) };
                }
            }
            body::<T>($($arg),*);
        }
    };
}

pub(super) use multiversion;
