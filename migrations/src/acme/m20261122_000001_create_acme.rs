//! Accounts, orders, authorizations and challenges of RFC 8555. Ids are short ASCII text, times epoch milliseconds.
//! Nothing refers by foreign key to an account: an order outlives what happens to its account.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, string_len, string_len_null, text, text_null,
};

use crate::{
    column::bytes,
    table::{drop_tables, table},
};

const ID_LENGTH: u32 = 64;
const STATE_LENGTH: u32 = 16;

/// The migration.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000001_create_acme"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            account(manager),
            order(manager),
            authorization(manager),
            challenge(manager),
        ] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(
            manager,
            &[
                "acme_challenge",
                "acme_authorization",
                "acme_order",
                "acme_account",
            ],
        )
        .await
    }
}

fn column(name: &str) -> Alias {
    Alias::new(name)
}

fn account(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table(manager, "acme_account")
        .col(string_len(column("id"), ID_LENGTH).primary_key())
        // the policy in the directory's path; empty: the default. Never changes
        .col(string_len(column("directory"), ID_LENGTH))
        .col(string_len(column("thumbprint"), ID_LENGTH))
        .col(text(column("public_key")))
        .col(string_len(column("state"), STATE_LENGTH))
        // JSON array of URLs
        .col(text(column("contacts")))
        .col(boolean(column("terms_agreed")))
        .col(string_len_null(column("external_account_key_id"), 128))
        // the same id while the key may serve no second account; unique
        .col(string_len_null(column("external_account_binding"), 128))
        .col(string_len_null(column("end_entity"), 255))
        .col(big_integer(column("created_at")))
        .col(big_integer(column("updated_at")))
        .col(string_len(column("updated_by"), 32))
        .to_owned()
}

fn order(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table(manager, "acme_order")
        .col(string_len(column("id"), ID_LENGTH).primary_key())
        .col(string_len(column("account_id"), ID_LENGTH))
        .col(string_len(column("directory"), ID_LENGTH))
        .col(string_len(column("policy"), 255))
        .col(string_len(column("state"), STATE_LENGTH))
        // JSON array of {type, value}. Never changes
        .col(text(column("identifiers")))
        .col(big_integer_null(column("not_before")))
        .col(big_integer_null(column("not_after")))
        .col(big_integer(column("expires_at")))
        // problem document
        .col(text_null(column("error")))
        // DER. Once there it never changes
        .col(bytes(manager.get_database_backend(), "csr"))
        // PEM as it is downloaded: the certificate, then its chain
        .col(text_null(column("certificate_chain")))
        // SHA-256 of the certificate, lower-case hex
        .col(string_len_null(column("certificate_fingerprint"), 64))
        .col(big_integer(column("created_at")))
        .col(big_integer(column("updated_at")))
        .col(string_len(column("updated_by"), 32))
        .to_owned()
}

fn authorization(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table(manager, "acme_authorization")
        .col(string_len(column("id"), ID_LENGTH).primary_key())
        .col(string_len(column("account_id"), ID_LENGTH))
        .col(string_len(column("order_id"), ID_LENGTH))
        // its place among the order's identifiers
        .col(big_integer(column("position")))
        .col(string_len(column("identifier_kind"), 8))
        .col(string_len(column("identifier_value"), 255))
        .col(boolean(column("wildcard")))
        .col(string_len(column("state"), STATE_LENGTH))
        .col(big_integer(column("expires_at")))
        .col(big_integer(column("created_at")))
        .col(big_integer(column("updated_at")))
        .col(string_len(column("updated_by"), 32))
        .to_owned()
}

fn challenge(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table(manager, "acme_challenge")
        .col(string_len(column("id"), ID_LENGTH).primary_key())
        .col(string_len(column("authorization_id"), ID_LENGTH))
        .col(string_len(column("kind"), 16))
        .col(string_len(column("token"), 64))
        .col(string_len(column("state"), STATE_LENGTH))
        // problem document
        .col(text_null(column("error")))
        .col(big_integer_null(column("validated_at")))
        // while processing: when another replica may take the validation over
        .col(big_integer_null(column("claimed_until")))
        .col(big_integer(column("created_at")))
        .col(big_integer(column("updated_at")))
        .col(string_len(column("updated_by"), 32))
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let index = |name: &str, table: &str, columns: &[&str]| {
        let mut index = Index::create()
            .name(name)
            .table(Alias::new(table))
            .to_owned();
        for name in columns {
            index.col(Alias::new(*name));
        }
        index
    };
    vec![
        index(
            "acme_account_thumbprint",
            "acme_account",
            &["directory", "thumbprint"],
        )
        .unique()
        .to_owned(),
        index(
            "acme_account_binding",
            "acme_account",
            &["external_account_binding"],
        )
        .unique()
        .to_owned(),
        index(
            "acme_order_account",
            "acme_order",
            &["account_id", "created_at", "id"],
        ),
        index(
            "acme_order_fingerprint",
            "acme_order",
            &["certificate_fingerprint"],
        ),
        index(
            "acme_authorization_order",
            "acme_authorization",
            &["order_id", "position"],
        ),
        index(
            "acme_authorization_name",
            "acme_authorization",
            &["account_id", "identifier_value"],
        ),
        index(
            "acme_challenge_authorization",
            "acme_challenge",
            &["authorization_id"],
        ),
        index(
            "acme_challenge_claim",
            "acme_challenge",
            &["state", "claimed_until"],
        ),
    ]
}
