//! Schema changes, one folder per database. A landed migration is never edited; code runs before and after each.

pub mod acme;
pub mod cara;
pub mod clm;
pub mod cmp;
mod column;
pub mod scep;
pub mod signer;
mod table;

pub use sea_orm_migration::MigratorTrait;
