//! Tokenizers that other people wrote: hostile files, and folders that say more than one file does.

mod audited;
mod folders;
mod hostile;
mod mutated;
mod units;
