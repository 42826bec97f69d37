//! Finds the numbers that JSON would silently turn into null.

use std::fmt::{self, Display};

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// The name of a value whose numbers were checked when it was made; it is not walked again.
pub(super) const CHECKED: &str = "checked";

/// Walks all of `value`; the first number that is not finite is an error that names its place.
///
/// Keys of maps are written as they are; the report has none that are not texts.
pub(super) fn check(value: &impl Serialize) -> Result<(), Refusal> {
    value.serialize(Walk { path: &mut Vec::new() })
}

/// What stopped the walk.
#[derive(Debug)]
pub(super) enum Refusal {
    /// A number that is not finite, and its place.
    Number(String, f64),
    /// The value cannot be walked.
    Other(String),
}

impl Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(path, value) => write!(f, "{path} is {value}"),
            Self::Other(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Refusal {}

impl serde::ser::Error for Refusal {
    fn custom<T: Display>(message: T) -> Self {
        Self::Other(message.to_string())
    }
}

/// The way from the root: `.field` or `[index]`.
struct Walk<'a> {
    path: &'a mut Vec<String>,
}

/// Inside a list or an object.
struct Inside<'a> {
    path: &'a mut Vec<String>,
    next: usize,
}

impl Inside<'_> {
    fn step<T: Serialize + ?Sized>(&mut self, step: String, value: &T) -> Result<(), Refusal> {
        self.path.push(step);
        value.serialize(Walk { path: self.path })?;
        self.path.pop();
        Ok(())
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refusal> {
        let index = self.next;
        self.next += 1;
        self.step(format!("[{index}]"), value)
    }
}

macro_rules! fine {
    ($($name:ident: $type:ty),*) => { $(
        fn $name(self, _: $type) -> Result<(), Refusal> {
            Ok(())
        }
    )* };
}

impl<'a> Serializer for Walk<'a> {
    type Ok = ();
    type Error = Refusal;
    type SerializeSeq = Inside<'a>;
    type SerializeTuple = Inside<'a>;
    type SerializeTupleStruct = Inside<'a>;
    type SerializeTupleVariant = Inside<'a>;
    type SerializeMap = Inside<'a>;
    type SerializeStruct = Inside<'a>;
    type SerializeStructVariant = Inside<'a>;

    fine!(serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64);
    fine!(serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64);
    fine!(serialize_char: char, serialize_str: &str, serialize_bytes: &[u8], serialize_unit_struct: &'static str);

    fn serialize_f32(self, value: f32) -> Result<(), Refusal> {
        self.serialize_f64(f64::from(value))
    }
    fn serialize_f64(self, value: f64) -> Result<(), Refusal> {
        if value.is_finite() {
            return Ok(());
        }
        Err(Refusal::Number(self.path.concat().trim_start_matches('.').to_owned(), value))
    }
    fn serialize_none(self) -> Result<(), Refusal> {
        Ok(())
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Refusal> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<(), Refusal> {
        Ok(())
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), Refusal> {
        Ok(())
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Refusal> {
        if name == CHECKED { Ok(()) } else { value.serialize(self) }
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Refusal> {
        Inside { path: self.path, next: 0 }.step(format!(".{variant}"), value)
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Inside<'a>, Refusal> {
        Ok(Inside { path: self.path, next: 0 })
    }
    fn serialize_tuple(self, _: usize) -> Result<Inside<'a>, Refusal> {
        self.serialize_seq(None)
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Inside<'a>, Refusal> {
        self.serialize_seq(None)
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Inside<'a>, Refusal> {
        self.serialize_seq(None)
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Inside<'a>, Refusal> {
        self.serialize_seq(None)
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Inside<'a>, Refusal> {
        self.serialize_seq(None)
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Inside<'a>, Refusal> {
        self.serialize_seq(None)
    }
}

macro_rules! items {
    ($($which:ident :: $method:ident),*) => { $(
        impl $which for Inside<'_> {
            type Ok = ();
            type Error = Refusal;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refusal> {
                self.item(value)
            }
            fn end(self) -> Result<(), Refusal> {
                Ok(())
            }
        }
    )* };
}

items!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

macro_rules! fields {
    ($($which:ident),*) => { $(
        impl $which for Inside<'_> {
            type Ok = ();
            type Error = Refusal;
            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Refusal> {
                self.step(format!(".{key}"), value)
            }
            fn end(self) -> Result<(), Refusal> {
                Ok(())
            }
        }
    )* };
}

fields!(SerializeStruct, SerializeStructVariant);

impl SerializeMap for Inside<'_> {
    type Ok = ();
    type Error = Refusal;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<(), Refusal> {
        Ok(())
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refusal> {
        self.item(value)
    }
    fn end(self) -> Result<(), Refusal> {
        Ok(())
    }
}
