//! Triqueta's own database comes in: a throw-away PostgreSQL 15 with its tables as its running code has them.
#![allow(clippy::unwrap_used)]

#[path = "support/cluster.rs"]
mod cluster;
mod support;

use cluster::Cluster;
use triqueta::catalog::Status;
use triqueta::event::{Body, FavouriteAction};
use triqueta_trainer::Dataset;
use triqueta_trainer::ingest::{ImportReport, Origin, import};
use triqueta_trainer::progress::Silent;

/// The columns of the running application that matter here, types and constraints included.
const SCHEMA: &str = "
CREATE TABLE usuarios (id serial PRIMARY KEY, email varchar(255) NOT NULL, hashed_password varchar(255) NOT NULL,
    is_active boolean NOT NULL, is_admin boolean NOT NULL, created_at timestamp NOT NULL, updated_at timestamp NOT NULL);
CREATE TABLE perfiles_usuario (id serial PRIMARY KEY, usuario_id integer UNIQUE NOT NULL REFERENCES usuarios,
    nombre_completo varchar(255), telefono varchar(50), biografia text, etiquetas_interes varchar[] NOT NULL,
    localidad_preferida varchar(100), disponibilidad_horaria varchar(50), nivel_actividad varchar(20));
CREATE TABLE actividades (id uuid PRIMARY KEY, titulo varchar(255) NOT NULL, descripcion text NOT NULL,
    tipo varchar(50) NOT NULL, fecha_inicio timestamptz NOT NULL, fecha_fin timestamptz,
    ubicacion_direccion varchar(500) NOT NULL, ubicacion_lat numeric(10,8) NOT NULL, ubicacion_lng numeric(11,8) NOT NULL,
    localidad varchar(100) NOT NULL, precio numeric(10,2) NOT NULL, es_gratis boolean NOT NULL,
    nivel_actividad varchar(50), etiquetas varchar[] NOT NULL, contacto varchar(255), enlace_externo varchar(500),
    imagen_url varchar(500), fuente varchar(100) NOT NULL, estado varchar(50) NOT NULL,
    popularidad_favoritos integer NOT NULL, popularidad_vistas numeric(10,2) NOT NULL,
    popularidad_normalizada numeric(5,4) NOT NULL, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
CREATE TABLE favoritos (id uuid PRIMARY KEY, usuario_id integer NOT NULL REFERENCES usuarios,
    actividad_id uuid NOT NULL REFERENCES actividades, fecha_guardado timestamptz NOT NULL,
    created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL,
    CONSTRAINT uq_usuario_actividad UNIQUE (usuario_id, actividad_id));
";

/// Made-up rows, one trap each.
const ROWS: &str = "
INSERT INTO usuarios (email, hashed_password, is_active, is_admin, created_at, updated_at)
SELECT 'u' || n || '@example.org', 'x', n <> 3, n = 1, timestamp '2025-10-01 12:00', timestamp '2025-10-01 12:00'
FROM generate_series(1, 4) AS n;
INSERT INTO perfiles_usuario (usuario_id, nombre_completo, telefono, biografia, etiquetas_interes, localidad_preferida,
    disponibilidad_horaria, nivel_actividad) VALUES
(1, 'Nadie Secreto', '555', 'privada', '{}', '', '', ''),
(2, 'Otra Secreta', '556', 'privada', '{Musica, \"aire libre\",MÚSICA}', 'chapinero', 'noche', 'Medio'),
(3, 'Cuenta Cerrada', '557', 'privada', '{yoga}', 'Chapinero', 'tarde', 'bajo');
INSERT INTO actividades SELECT ('00000000-0000-4000-8000-00000000000' || n)::uuid, titulo, 'Texto', tipo, inicio, fin,
    'Calle 1', lat, lng, 'Chapinero', precio, gratis, nivel, etiquetas, NULL, 'https://example.org/' || n, NULL, fuente,
    estado, favoritos, vistas, 0, timestamptz '2025-10-05 00:00Z', timestamptz '2025-10-05 00:00Z'
FROM (VALUES
(1, 'Concierto', 'cultura', timestamptz '2025-11-23 00:00Z', timestamptz '2025-11-23 02:00Z', 4.65310000, -74.05970000,
    20000.00, false, NULL, '{música,jazz}'::varchar[], 'Manual', 'activa', 5, 0.30),
(2, 'Caminata', 'deporte', timestamptz '2025-11-30 00:00Z', timestamptz '2025-12-01 00:00Z', 4.60970000, -74.08170000,
    0.00, true, 'medio', '{Aire Libre}', 'IDRD', 'pendiente_validacion', 0, 0.00),
(3, 'Taller', 'Recreacion', timestamptz '2025-12-05 15:00Z', NULL, 4.66530000, -74.05640000,
    0.00, false, 'alto', '{música,Música}', 'manual', 'rechazada', 0, 2.00),
(4, 'Cerrada', 'recreacion', timestamptz '2025-12-06 15:00Z', NULL, 4.66530000, -74.05640000,
    5000.00, true, 'alto', '{ajedrez}', 'manual', 'inactiva', 1, 0.10)
) AS a (n, titulo, tipo, inicio, fin, lat, lng, precio, gratis, nivel, etiquetas, fuente, estado, favoritos, vistas);
INSERT INTO favoritos SELECT ('10000000-0000-4000-8000-00000000000' || n)::uuid, usuario,
    ('00000000-0000-4000-8000-00000000000' || actividad)::uuid, cuando, cuando, cuando
FROM (VALUES (1, 1, 1, timestamptz '2025-10-10 15:00Z'), (2, 2, 1, timestamptz '2025-10-11 15:00Z'),
    (3, 3, 1, timestamptz '2025-10-12 15:00Z'), (4, 2, 3, timestamptz '2025-10-11 15:05Z')) AS f (n, usuario, actividad, cuando);
";

fn import_from(url: &str) -> triqueta_trainer::Result<(Dataset, ImportReport)> {
    import(
        &support::shipped("triqueta.toml"),
        Origin {
            folder: None,
            postgres: Some(url),
        },
        false,
        &Silent,
    )
}

#[test]
fn the_running_applications_database_comes_in_without_its_traps() {
    let cluster = Cluster::start();
    cluster.execute(SCHEMA);
    assert_eq!(
        import_from(&cluster.url()).unwrap_err().code(),
        "IMPORT_EMPTY"
    );
    cluster.execute(ROWS);
    let (dataset, report) = import_from(&cluster.url()).unwrap();
    assert_eq!(
        (report.activities, report.visitors, report.events),
        (4, 3, 3)
    );
    let [concert, walk, workshop, closed] = dataset.activities.as_slice() else {
        panic!("four activities")
    };

    // Entered by hand at midnight UTC: 19:00 in Bogotá. Imported at midnight UTC: that day in Bogotá, all of it.
    let clock = |time_ms: i64| {
        let local = dataset.city.local_time(time_ms);
        (local.weekday, local.hour)
    };
    assert_eq!(
        (clock(concert.start_ms), clock(walk.start_ms)),
        ((5, 19), (6, 0))
    );
    assert_eq!(walk.end_ms.unwrap() - walk.start_ms, 2 * 86_400_000);

    // The stand-in coordinate is no place; numbers keep their decimals.
    assert_eq!(
        concert.place.map(|place| (place.lat, place.lon)),
        Some((4.6531, -74.0597))
    );
    assert_eq!(walk.place, None);

    // A price of 0 that is not free is unknown; a price that is said to be free is kept and told.
    let prices = [concert.price, walk.price, workshop.price, closed.price];
    assert_eq!(prices, [Some(20_000.0), Some(0.0), None, Some(5_000.0)]);
    assert_eq!(
        report
            .notes
            .iter()
            .find(|note| note.code == "PRICE_UNCLEAR")
            .unwrap()
            .count,
        2
    );

    // Words meet, whoever typed them.
    assert_eq!(workshop.tags, ["música"]);
    assert_eq!(
        (workshop.kind.as_deref(), walk.tags.as_slice()),
        (Some("recreacion"), ["aire libre".to_owned()].as_slice())
    );
    let visitor = &dataset.visitors[1].profile;
    assert_eq!(visitor.tags, ["música", "aire libre"]);
    assert_eq!(
        (visitor.locality.as_deref(), visitor.level.as_deref()),
        (Some("Chapinero"), Some("medio"))
    );
    assert_eq!(visitor.availability, ["noche"]);
    assert_eq!(visitor.since_ms, Some(1_759_320_000_000)); // noon UTC, whatever the server's zone

    // An empty text is "not said"; a user without a profile is a visitor; a closed account is neither.
    assert!(
        !dataset.visitors[0].profile.is_complete() && !dataset.visitors[2].profile.is_complete()
    );
    let users: Vec<&str> = dataset
        .visitors
        .iter()
        .map(|visitor| visitor.user.as_str())
        .collect();
    assert_eq!(users, ["1", "2", "4"]);
    assert!(!format!("{dataset:?}").contains("Secret"));

    let statuses = [concert.status, walk.status, workshop.status, closed.status];
    assert_eq!(
        statuses,
        [
            Status::Active,
            Status::Pending,
            Status::Rejected,
            Status::Inactive
        ]
    );

    // Five counted, two of them come as events; the closed account's stays an anonymous count. A view counts 0.1.
    assert_eq!(concert.seed_counts, Some((3.0, 3.0)));
    assert_eq!(workshop.seed_counts, Some((0.0, 20.0)));
    assert!(dataset.events.iter().all(|event| matches!(
        event.body,
        Body::Favourite {
            action: FavouriteAction::Added,
            ..
        }
    )));
    assert_eq!(dataset.events[0].time_ms, 1_760_108_400_000);

    // The order on the disk changes with each update; the dataset does not.
    cluster.execute("UPDATE actividades SET updated_at = now() WHERE titulo = 'Concierto';");
    assert_eq!(
        import_from(&cluster.url()).unwrap().0.activities,
        dataset.activities
    );

    // A state nobody knows is not guessed.
    cluster.execute("UPDATE actividades SET estado = 'archivada' WHERE titulo = 'Taller';");
    let error = import_from(&cluster.url()).unwrap_err();
    assert!(
        error.to_string().contains("FIELD_UNMAPPED") && error.to_string().contains("archivada"),
        "{error}"
    );

    // Another version of the tables, no rights, no server: one error with the server's own words.
    cluster.execute("ALTER TABLE perfiles_usuario RENAME TO perfiles_usuarios;");
    let error = import_from(&cluster.url()).unwrap_err();
    assert_eq!(error.code(), "IMPORT_POSTGRES");
    assert!(error.to_string().contains("perfiles_usuario"), "{error}");
    cluster.stop();
    assert_eq!(
        import_from(&cluster.url()).unwrap_err().code(),
        "IMPORT_POSTGRES"
    );
    assert_eq!(
        import_from("postgres://[broken").unwrap_err().code(),
        "IMPORT_POSTGRES"
    );
}

#[test]
fn a_table_is_read_by_its_name_and_inside_a_running_runtime() {
    let cluster = Cluster::start();
    cluster.execute(
        "CREATE TABLE \"My activities\" (id int, title text, type text, tags text, locality text, start timestamptz,
            \"end\" timestamptz, lat float8, lon float8, price int, free boolean, status text);
         INSERT INTO \"My activities\" VALUES (7, 'Concierto', 'cultura', 'jazz;música', 'Chapinero',
            '2025-11-22 19:00-05', NULL, 4.65, -74.06, 0, true, 'si');",
    );
    let folder = support::source();
    std::fs::write(
        folder.path().join("events.csv"),
        "user,activity,time,what,value\nana,7,1763000000,save,\n",
    )
    .unwrap();
    let mapping = support::mapping(&[(
        "{ file = \"activities.csv\" }",
        "{ table = \"public.My activities\" }",
    )]);
    let url = cluster.url();
    let origin = Origin {
        folder: Some(folder.path()),
        postgres: Some(&url),
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (dataset, report) = runtime
        .block_on(async { import(&mapping, origin, false, &Silent) })
        .unwrap();
    assert_eq!(
        (report.activities, report.visitors, report.events),
        (1, 2, 1)
    );
    assert_eq!(dataset.activities[0].start_ms, 1_763_856_000_000);
    assert_eq!(dataset.activities[0].tags, ["jazz", "música"]);
}
