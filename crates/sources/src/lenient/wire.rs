//! How a wire struct is declared.

/// Declares wire structs, every field lenient and optional:
/// `struct Item<'a> { session_key: Str<'a> = "sessionKey", … }`. Keys are matched exactly, since items hold both
/// `rating` and `Rating`. Of a repeated key the last one counts.
///
/// `wire! { (pub(in crate::plex)) struct … }`: how far all of them and their fields are seen. A folder's own macro
/// says so once.
macro_rules! wire {
    (($vis:vis) $( $(#[$doc:meta])* struct $name:ident$(<$lt:lifetime>)? {
        $( $(#[$field_doc:meta])* $field:ident: $ty:ty = $($key:literal)|+, )*
    } )*) => { $(
        $(#[$doc])*
        #[derive(Debug, Default)]
        $vis struct $name$(<$lt>)? {
            $( $(#[$field_doc])* $vis $field: $ty, )*
        }

        $crate::lenient::wire!(@object $name [$($lt)?] $( $field = $($key)|+, )*);
    )* };
    (@object $name:ident [] $($fields:tt)*) => {
        impl<'de> $crate::lenient::Object<'de> for $name {
            $crate::lenient::wire!(@read 'de $($fields)*);
        }
    };
    (@object $name:ident [$lt:lifetime] $($fields:tt)*) => {
        impl<$lt> $crate::lenient::Object<$lt> for $name<$lt> {
            $crate::lenient::wire!(@read $lt $($fields)*);
        }
    };
    (@read $lt:lifetime $( $field:ident = $($key:literal)|+, )*) => {
        fn read<A: serde::de::MapAccess<$lt>>(
            mut map: A,
            cx: &mut $crate::lenient::Cx,
        ) -> Result<Self, A::Error> {
            let mut out = Self::default();
            while let Some(key) = map.next_key_seed($crate::lenient::Key)? {
                match &*key {
                    $( $($key)|+ => out.$field = cx.field($crate::lenient::wire!(@first $($key)|+), &mut map)?, )*
                    _ => {
                        map.next_value::<serde::de::IgnoredAny>()?;
                    }
                }
            }
            Ok(out)
        }
    };
    (@first $key:literal $(| $more:literal)*) => { $key };
}
pub(crate) use wire;
