//! Stories of lookups and writes that come at the same time, on every database.
#![cfg(test)]

use ers_runtime::db::{self, Lookups, Write, WriteError, Writes, is_duplicate};
use ers_runtime::shutdown::Shutdown;
use ers_test_support::{databases::TestDatabase, on_every_database};
use futures::future::join_all;
use sea_orm::{DatabaseConnection, EntityTrait as _, Value};
use sea_orm_migration::prelude::{
    ColumnDef, DbErr, DeriveMigrationName, Index, MigrationTrait, MigratorTrait, SchemaManager,
    Table, async_trait,
};

mod device {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "device")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub realm: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        pub version: i64,
        pub owner: Option<String>,
        pub photo: Option<Vec<u8>>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
use device::{ActiveModel, Column, Entity, Model};

struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(Device)]
    }
}

#[derive(DeriveMigrationName)]
struct Device;

#[async_trait::async_trait]
impl MigrationTrait for Device {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create();
        table
            .table("device")
            .col(ColumnDef::new(Column::Realm).string_len(64).not_null())
            .col(ColumnDef::new(Column::Name).string_len(64).not_null())
            .col(ColumnDef::new(Column::Version).big_integer().not_null())
            .col(ColumnDef::new(Column::Owner).string_len(64))
            .col(ColumnDef::new(Column::Photo).blob())
            .primary_key(Index::create().col(Column::Realm).col(Column::Name));
        manager.create_table(table).await
    }
}

/// Every third has an owner, every fifth a photo; version 1.
fn row(number: usize) -> Model {
    Model {
        realm: ["shop", "plant"][number % 2].to_owned(),
        name: format!("device-{number}"),
        version: 1,
        owner: number
            .is_multiple_of(3)
            .then(|| format!("o'brien \\{number}")),
        photo: number.is_multiple_of(5).then(|| vec![0, 1, 255]),
    }
}

fn insert(number: usize) -> Write {
    Write::insert(ActiveModel::from(row(number)))
}

/// The row of that number in version 1.
fn of(number: usize) -> [(Column, Value); 3] {
    let Model { realm, name, .. } = row(number);
    [
        (Column::Realm, realm.into()),
        (Column::Name, name.into()),
        (Column::Version, 1_i64.into()),
    ]
}

async fn open(database: &TestDatabase) -> (DatabaseConnection, Writes) {
    let connection = db::connect::<Migrator>(&database.config).await.unwrap();
    let writes = Writes::start("test", connection.clone(), &Shutdown::new());
    (connection, writes)
}

async fn rows_that_come_at_the_same_time_are_all_there_as_they_were_given(database: TestDatabase) {
    let (db, writes) = open(&database).await;
    let written = join_all((0..60).map(|number| writes.write(insert(number)))).await;
    assert!(written.into_iter().all(Result::unwrap));

    let lookups = Lookups::<Entity, 2>::start(db, [Column::Realm, Column::Name]);
    let find = async |number| {
        let Model { realm, name, .. } = row(number);
        lookups.find([&realm, &name]).await.unwrap()
    };
    let found = join_all((0..60).map(find)).await;
    for (number, found) in found.into_iter().enumerate() {
        assert_eq!(found, Some(row(number)));
    }
    let nobody = lookups.find(["shop", "device-1"]).await.unwrap();
    assert_eq!(nobody, None, "it is of the other realm");
    let (nul, right) = futures::join!(
        lookups.find(["shop", "device-\0"]),
        lookups.find(["shop", "device-0"])
    );
    assert_eq!(nul.unwrap(), None, "no database holds such a text");
    assert!(right.unwrap().is_some());
    let same = join_all((0..20).map(|_| lookups.find(["shop", "device-0"]))).await;
    assert!(same.into_iter().all(|found| found.unwrap().is_some()));
}

async fn one_row_that_is_there_already_is_in_the_way_of_no_other(database: TestDatabase) {
    let (db, writes) = open(&database).await;
    writes.write(insert(7)).await.unwrap();
    let written = join_all((0..20).map(|number| writes.write(insert(number)))).await;
    for (number, written) in written.into_iter().enumerate() {
        match written {
            Ok(made) => assert!(made && number != 7),
            Err(WriteError::Database(error)) => {
                assert!(number == 7 && is_duplicate(&error), "{number}: {error}");
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(Entity::find().all(&db).await.unwrap().len(), 20);
}

async fn of_two_updates_from_the_same_state_one_is_made(database: TestDatabase) {
    let (db, writes) = open(&database).await;
    join_all((0..40).map(|number| writes.write(insert(number)))).await;
    // two for each device, and ten for five that are not there; some owners are null
    let owner = |change: usize| (!change.is_multiple_of(4)).then(|| format!("new {change}"));
    let changes = (0..90).map(|change| {
        let set = [
            (Column::Version, Value::from(2_i64)),
            (Column::Owner, owner(change).into()),
            (Column::Photo, Value::Bytes(None)),
        ];
        writes.write(Write::update::<Entity>(of(change / 2), set))
    });
    let made = join_all(changes).await.into_iter().map(Result::unwrap);
    let made: Vec<usize> = made
        .enumerate()
        .filter_map(|(change, made)| made.then_some(change))
        .collect();
    let rows = Entity::find().all(&db).await.unwrap();
    for device in 0..45 {
        let winners: Vec<_> = made
            .iter()
            .filter(|change| **change / 2 == device)
            .collect();
        let row = rows
            .iter()
            .find(|row| row.name == format!("device-{device}"));
        match (winners.as_slice(), row) {
            ([winner], Some(row)) => {
                assert_eq!((row.version, &row.owner), (2, &owner(**winner)));
                assert_eq!(row.photo, None);
            }
            ([], None) => assert!(device >= 40),
            other => panic!("device {device}: {other:?}"),
        }
    }
}

async fn what_must_be_absent_is_set_once(database: TestDatabase) {
    let (db, writes) = open(&database).await;
    join_all((0..30).map(|number| writes.write(insert(number)))).await;
    let changes = (0..30).map(|number| {
        let set = [(Column::Owner, Value::from("taken"))];
        let update = Write::update::<Entity>(of(number), set);
        writes.write(update.while_absent::<Entity>(Column::Owner))
    });
    for (number, made) in join_all(changes).await.into_iter().enumerate() {
        assert_eq!(made.unwrap(), !number.is_multiple_of(3), "device {number}");
    }
    let rows = Entity::find().all(&db).await.unwrap();
    let taken = |row: &&Model| row.owner.as_deref() == Some("taken");
    assert_eq!(rows.iter().filter(taken).count(), 20);
}

on_every_database!(
    rows_that_come_at_the_same_time_are_all_there_as_they_were_given,
    one_row_that_is_there_already_is_in_the_way_of_no_other,
    of_two_updates_from_the_same_state_one_is_made,
    what_must_be_absent_is_set_once,
);
