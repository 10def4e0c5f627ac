"""Make rosters with known faults: a sound one as an office keeps it, then some faults put in, each in its own row."""

import csv
from dataclasses import dataclass, field

import numpy as np

KINDS = {  # kind: as offices write it, agency, a sound strength present
    "patroli": ("Patroli", "Polri", 10),
    "negosiator": ("negosiator", "Polri", 8),
    "dalmas_awal": ("Dalmas awal", "Polri", 30),
    "satlantas": ("satlantas", "Polri", 10),
    "tni_regu": ("tni_regu", "TNI", 10),
    "satpol_pp": ("satpol_pp", "Satpol PP", 10),
    "linmas": ("linmas", "Linmas", 10),
    "ambulans": ("ambulans", "Relawan Ambulans", 3),
    "dishub": ("dishub", "Dishub", 8),
}
HEADER = {
    "satuan": "Nama Satuan",
    "jenis": "Jenis Satuan",
    "instansi": "Instansi",
    "kekuatan": "Jml Personel",
    "cuti": "Cuti",
    "sakit": "Sakit",
    "dik": "Dik",
    "hadir": "Hadir",
    "kendaraan": "Kendaraan",
    "motor": "R2",
    "negosiasi": "Negosiator",
    "mulai": "Jam Mulai",
    "selesai": "Jam Selesai",
    "istirahat_jam": "Istirahat (jam)",
    "kesiapan": "Kesiapan",
    "sejak": "Tersedia sejak",
    "sampai": "Tersedia sampai",
    "tahap": "Tahap",
    "telepon_piket": "Telepon Piket",
}
# Without one of these a roster would not add up.
ALWAYS = ("satuan", "jenis", "kekuatan", "cuti", "sakit", "dik", "mulai", "selesai")
LETTER = (["POLRESTA MALANG KOTA"], ["DAFTAR KEKUATAN OPS MANTAP PRAJA"], [])
PERSONAL = ("Nama Danru", "NRP", "No. HP")
PERSON = ("Bripka Rahasiawati", 79081234, "081299911122")
SECRETS = ("ahasiawati", "79081234", "081299911122", "Suparman")


@dataclass
class Case:
    """Hold one roster: its lines, the kind of file, and the faults put in, (line number, column)."""

    lines: list
    suffix: str
    faults: list = field(default_factory=list)
    persons: bool = False


def _set(**cells):
    """Make a fault that overwrites cells; it is told in the column named first."""
    return lambda row, rng: (row.update(cells), next(iter(cells)))[1]


def _repeat(row, rng):
    row["satuan"] = "Satuan 0"
    return "satuan"


def _too_many(row, rng):
    row |= {"kekuatan": 5000, "hadir": 5000 - sum(row[name] or 0 for name in ("cuti", "sakit", "dik"))}
    return "hadir"


def _wrong_present(row, rng):
    row["hadir"] = row["hadir"] - 1
    return "hadir"


def _other_agency(row, rng):
    row["instansi"] = "Damkar"
    return "instansi"


def _backwards(row, rng):
    row |= {"sejak": "2024-11-30", "sampai": "2024-11-20"}
    return "sampai"


def _skilled(row, rng):
    row["negosiasi"] = row["kekuatan"] + 1
    return "negosiasi"


FAULTS = {
    "no name": _set(satuan=""),
    "the name again": _repeat,
    "a person as unit": _set(satuan="Regu Bripka Rahasiawati"),
    "a person joined as unit": _set(satuan="BRIPKA_RAHASIAWATI"),
    "a person with a degree as unit": _set(satuan="Rahasiawati, S.H."),
    "a bare name for a kind": _set(jenis="Suparman Hadi"),
    "a bare name for an agency": _set(instansi="Suparman Hadi"),
    "a bare name for a vehicle": _set(kendaraan="Suparman Hadi"),
    "a bare name for a phase": _set(tahap="Suparman Hadi"),
    "a bare name for an hour": _set(mulai="Suparman Hadi", selesai="08.00"),
    "a bare name for a day": _set(sejak="Suparman Hadi"),
    "a bare name for a number": _set(sakit="Suparman Hadi"),
    "no kind": _set(jenis=""),
    "an unknown kind": _set(jenis="patrolli"),
    "another agency": _other_agency,
    "an unknown agency": _set(instansi="Polrri"),
    "no number": _set(kekuatan="", hadir=""),
    "words for a number": _set(kekuatan="sepuluh"),
    "a person for a number": _set(kekuatan="Bripka Rahasiawati"),
    "a negative number": _set(cuti="-3"),
    "a fraction": _set(sakit="2,5"),
    "larger than doctrine": _too_many,
    "present is not the rest": _wrong_present,
    "an unknown vehicle": _set(kendaraan="sampan"),
    "words for vehicles": _set(motor="tiga"),
    "more skilled than there are": _skilled,
    "no such hour": _set(mulai="25.00", selesai="08.00"),
    "half a duty": _set(mulai="", selesai="14.00"),
    "words for an hour": _set(selesai="sore", mulai="06.00"),
    "negative rest": _set(istirahat_jam="-20", mulai="06.00", selesai="14.00"),
    "readiness above one": _set(kesiapan="140 %"),
    "words for readiness": _set(kesiapan="siap"),
    "no such day": _set(sejak="2024-13-40"),
    "words for a day": _set(sampai="akhir tahun"),
    "the last day before the first": _backwards,
    "an unknown phase": _set(tahap="kampanyee"),
    "words for a telephone": _set(telepon_piket="Bripka Rahasiawati"),
}


def _row(i, rng):
    """Make one sound row."""
    kind = list(KINDS)[int(rng.integers(len(KINDS)))]
    label, agency, present = KINDS[kind]
    away = {name: int(rng.integers(0, 4)) if rng.random() < 0.4 else None for name in ("cuti", "sakit", "dik")}
    row = dict.fromkeys(HEADER, "") | {"satuan": f"Satuan {i}", "jenis": label, **away}
    row["instansi"] = agency if rng.random() < 0.7 else ""
    row["kekuatan"] = present + sum(number or 0 for number in away.values())
    row["hadir"] = present
    if rng.random() < 0.5:
        row |= {"mulai": f"{int(rng.integers(24)):02d}.00", "selesai": f"{int(rng.integers(24)):02d}:30 WIB"}
    if rng.random() < 0.3:
        row |= {"kesiapan": "95 %", "sejak": "2024-11-20", "sampai": "30/11/2024"}
    if rng.random() < 0.3:
        row |= {"motor": int(rng.integers(1, 9)), "negosiasi": int(rng.integers(1, present + 1)), "kendaraan": "mobil"}
    if rng.random() < 0.2:
        row |= {"tahap": "tenang, coblos", "telepon_piket": "0341 366444"}
    return row


def case_of(index, *, seed):
    """Make one roster: every fourth is sound, the others have one to four faults."""
    rng = np.random.default_rng([seed, index])
    rows = [_row(i, rng) for i in range(int(rng.integers(6, 25)))]
    columns = [name for name in HEADER if name in ALWAYS or rng.random() < 0.9]
    letter = int(rng.integers(0, 4)) if rng.random() < 0.7 else 0
    persons = bool(rng.random() < 0.6)
    suffix = (".xlsx", ".csv")[int(rng.integers(2))]
    wanted = 0 if index % 4 == 0 else int(rng.integers(1, 5))
    places = 1 + rng.permutation(len(rows) - 1)[:wanted]  # the first row stays: a name is repeated from it
    case = Case([], suffix, persons=persons)
    for at in map(int, places):
        name = list(FAULTS)[int(rng.integers(len(FAULTS)))]
        trial = dict(rows[at])
        column = FAULTS[name](trial, rng)
        changed = [key for key in HEADER if trial[key] != rows[at][key]]
        if "hadir" not in columns and column == "hadir":
            column = "kekuatan" if name == "larger than doctrine" else ""
        if not column or column not in columns or not set(changed) <= set(columns):
            continue  # the file does not have what would be wrong
        rows[at] = trial
        case.faults.append((letter + 2 + at, column, name))
    extra = list(PERSONAL) if persons else []
    head = ["No", *(HEADER[name] for name in columns), *extra]
    body = [[i + 1, *(row[name] for name in columns), *(PERSON if persons else ())] for i, row in enumerate(rows)]
    case.lines = [*LETTER[:letter], head, *body]
    return case


def write(case, path):
    """Write a case as a workbook or as CSV with semicolons."""
    if case.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as stream:
            width = max(map(len, case.lines))
            writer = csv.writer(stream, delimiter=";")
            writer.writerows(
                [["" if cell is None else cell for cell in line] + [""] * (width - len(line)) for line in case.lines]
            )
        return
    import openpyxl

    book = openpyxl.Workbook()
    for line in case.lines:
        book.active.append([None if cell == "" else cell for cell in line])
    book.save(path)
