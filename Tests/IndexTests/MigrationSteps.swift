import Index
import Migrations

/// The schema's own steps.
enum MigrationSteps {
    static let all = Migrations.all.map { SchemaStep(number: $0.number, name: $0.name, sql: $0.sql) }
}
