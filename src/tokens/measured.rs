//! A template's program with a check on every value that it makes of others.
//!
//! Fuel counts steps and bytes, and of two lists that are compared their items, but nothing within these. A list that holds
//! one list twice, that again another twice and so on is small, and has no end to whoever walks over it: to compare it, to
//! sort by it, to write it as text in order to look for it. So no value may be made that would be large written out: then each
//! step is short, and fuel ends all.

use std::collections::BTreeMap;

use minijinja::machinery::{Instruction, Instructions, eval, get_compiled_template, make_string_output};
use minijinja::value::{Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State};

/// Values within values, each as often as it is there, beside those that a text may give: the most that one value may hold.
const MOST: usize = 1 << 12;
/// Values that are looked at for a step's fuel.
const STEP: usize = 16;
/// The names of the checks; no template can say them.
const CHECKED: &str = "value-made";
const KEPT: &str = "value-kept";
/// A filter that is looked up anew.
const NO_PLACE: u8 = u8::MAX;

/// What the template of this name makes of `root`, of which a string may have `longest` bytes.
pub(super) fn render(
    mut environment: Environment<'_>,
    (name, source): (&str, &str),
    root: Value,
    longest: usize,
) -> Result<String, Error> {
    let most = MOST + longest;
    environment.add_filter(CHECKED, move |state: &State, value: Value| checked(state, value, most, false));
    environment.add_filter(KEPT, move |state: &State, value: Value| checked(state, value, most, true));
    let template = environment.template_from_named_str(name, source)?;
    let program = with_checks(&get_compiled_template(&template).instructions);
    let mut written = String::new();
    let mut out = make_string_output(&mut written);
    eval(&environment, &program, root, &BTreeMap::new(), &mut out, AutoEscape::None)?;
    drop(out);
    Ok(written)
}

/// The program with a check behind each step that makes a value of others, and before each that keeps one in a namespace.
fn with_checks<'s>(program: &Instructions<'s>) -> Instructions<'s> {
    let steps: Vec<&Instruction<'s>> = (0..).map_while(|at| program.get(at)).collect();
    let (mut places, mut next) = (Vec::with_capacity(steps.len() + 1), 0_u32);
    for step in &steps {
        places.push(next);
        next += 1 + u32::from(makes(step)) + if keeps(step) { 3 } else { 0 };
    }
    places.push(next);
    let to = |at: &u32| places.get(*at as usize).copied().unwrap_or(next);
    let check = |by: &'static str| Instruction::ApplyFilter(by, Some(1), NO_PLACE);
    let mut checked = Instructions::new(program.name(), program.source());
    for (at, step) in (0..).zip(steps) {
        let line = program.get_line(at).and_then(|line| u16::try_from(line).ok()).unwrap_or(u16::MAX);
        let mut add = |step| checked.add_with_line(step, line);
        if keeps(step) {
            // The namespace lies upon the value.
            for step in [Instruction::Swap, check(KEPT), Instruction::Swap] {
                add(step);
            }
        }
        add(match step {
            Instruction::Jump(target) => Instruction::Jump(to(target)),
            Instruction::JumpIfFalse(target) => Instruction::JumpIfFalse(to(target)),
            Instruction::JumpIfFalseOrPop(target) => Instruction::JumpIfFalseOrPop(to(target)),
            Instruction::JumpIfTrueOrPop(target) => Instruction::JumpIfTrueOrPop(to(target)),
            Instruction::Iterate(target) => Instruction::Iterate(to(target)),
            Instruction::BuildMacro(name, target, flags) => Instruction::BuildMacro(name, to(target), *flags),
            other => other.clone(),
        });
        if makes(step) {
            add(check(CHECKED));
        }
    }
    checked
}

/// Whether a step may put values into another one.
fn makes(step: &Instruction<'_>) -> bool {
    matches!(
        step,
        Instruction::BuildList(_)
            | Instruction::BuildTuple(_)
            | Instruction::BuildMap(_)
            | Instruction::Add
            | Instruction::Mul
            | Instruction::Slice
            | Instruction::ApplyFilter(..)
            | Instruction::CallFunction(..)
            | Instruction::CallMethod(..)
            | Instruction::CallObject(_)
    )
}

/// Whether a step puts a value into one that is there already.
fn keeps(step: &Instruction<'_>) -> bool {
    matches!(step, Instruction::SetAttr(_))
}

/// The value, where it is not too large and holds no namespace, which may come to hold whatever holds it; where it is to be
/// `kept` in one it may not be one either.
fn checked(state: &State<'_, '_>, value: Value, most: usize, kept: bool) -> Result<Value, Error> {
    if !kept && value.as_object().is_none() {
        return Ok(value);
    }
    let refused = |said| Err(Error::new(ErrorKind::InvalidOperation, said));
    let (mut count, mut left) = (0, vec![value.clone()]);
    while let Some(one) = left.pop() {
        let is_namespace = one.as_object().is_some_and(|object| object.type_name().ends_with("::Namespace"));
        if is_namespace && (kept || count > 0) {
            return refused("a namespace stands within another value");
        }
        count += 1 + one.as_str().map_or(0, str::len) / 64;
        if count + left.len() > most {
            return refused("a value holds too many others");
        }
        let keys = match one.kind() {
            ValueKind::Seq | ValueKind::Iterable | ValueKind::Map => {
                one.try_iter()?.take(most + 1 - left.len())
            }
            _ => continue,
        };
        if one.kind() == ValueKind::Map {
            for key in keys {
                left.push(one.get_item(&key)?);
                left.push(key);
            }
        } else {
            left.extend(keys);
        }
    }
    state.consume_fuel((count / STEP) as u64)?;
    Ok(value)
}
