-- How a question is answered is decided in the program, where it is tested. With statistics SQLite decided anew
-- from what was stored: beside 5,000,000 entries it read all bodies for a page of 100.
DROP TABLE IF EXISTS sqlite_stat1;
DROP TABLE IF EXISTS sqlite_stat4;
