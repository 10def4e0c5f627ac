"""What a text says of persons is found by its form; what offices, places and numbers of the work look like is not."""

from __future__ import annotations

import pytest

from sispamkota.errors import InputError
from sispamkota.exercise.log import TEXTS
from sispamkota.exercise.privacy import check_private, find_private


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("NIK 3573012345678901 tercatat", "nik"),
        ("NIK 3573.0123.4567.8901", "nik"),
        ("anggota 87051234 di pos", "nrp"),
        ("NRP 870512 34", "nrp"),
        ("NIP 198705122010011003", "nip"),
        ("hubungi 0812-3456-7890", "phone"),
        ("hubungi +62 812 3456 789", "phone"),
        ("telepon (0341) 551234", "phone"),
        ("surel budi.s@contoh.co.id", "mail"),
        ("mobil N 1234 AB di gerbang", "plate"),
        ("truk AG-9876-XY", "plate"),
        ("a.n. Suparman", "address"),
        ("Bpk. Suparman Hadi", "address"),
        ("ibu Siti menunggu", "address"),
        ("sdr Andi", "address"),
        ("PAK BUDI di gerbang", "address"),
        ("Aipda Andi di pos", "rank"),
        ("AKP Budi Santoso", "rank"),
        ("Budi Santoso, S.H.", "degree"),
    ],
)
def test_find__what_shows_a_person(text, kind):
    assert [found.kind for found in find_private(text)] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "400 orang di depan KPU, 12 terluka ringan",
        "Bapak Kapolresta meminta lapis ganti",
        "Pak Lurah dan Bu Camat sudah dihubungi",
        "pak RT 05 RW 03 Kelurahan Klojen",
        "Jl. Kapten Tendean ditutup",
        "Jalan Brigjen Slamet Riadi macet",
        "TPS 12, kode 35.73.01.1001",
        "hubungi 110, 112 atau PSC 119",
        "pukul 14.30 WIB tanggal 27-11-2024",
        "gedung B 2 lantai 3",
        "dua kompi Brimob, 1 SST Dalmas",
        "kotak suara 1.188 TPS, 12,5 persen",
        "ibu kota kabupaten",
        "seorang bapak dan seorang ibu ditolong",
        "anggaran 12.500.000 rupiah",
        "Rp 250.000.000 disiapkan",
        "koordinat -7.98123, 112.63045",
        "Danki Brimob dan Kapolsek Klojen setuju",
        "two officers hurt, 300 m from the gate",
    ],
)
def test_find__lets_the_work_be_said(text):
    assert find_private(text) == ()


@pytest.mark.parametrize("name", TEXTS)
def test_check__looks_at_every_text_and_repeats_none(name):
    with pytest.raises(InputError) as error:
        check_private({"do": "x", name: "hubungi Bapak Suparno, 081234567890"})
    assert [fault.where for fault in error.value.faults] == [f"{name}:9-21", f"{name}:24-35"]
    assert "Suparno" not in str(error.value)
    assert "0812" not in str(error.value)
    check_private({"do": "note", "text": "aman", "key": "3573012345678901"})
