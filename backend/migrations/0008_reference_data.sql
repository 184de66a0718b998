-- Reference data of the general education programme 2018 (circulars 32/2018, 20/2021, 13/2022, 17/2025) and the 34 provinces.
-- Period figures drive the number of regular marks (circular 22/2021, article 6); they are dated and may be replaced by later rows.

INSERT INTO subjects (subject_code, name_vi, name_en, assessed, position) VALUES
  ('TOAN',  'Toán', 'Mathematics', 'scored', 10),
  ('VAN',   'Ngữ văn', 'Literature', 'scored', 20),
  ('TV',    'Tiếng Việt', 'Vietnamese', 'scored', 21),
  ('NN1',   'Ngoại ngữ 1', 'Foreign language 1', 'scored', 30),
  ('KHTN',  'Khoa học tự nhiên', 'Natural sciences', 'scored', 40),
  ('LSDL',  'Lịch sử và Địa lí', 'History and geography', 'scored', 50),
  ('GDCD',  'Giáo dục công dân', 'Civic education', 'scored', 60),
  ('CN',    'Công nghệ', 'Technology', 'scored', 70),
  ('TH',    'Tin học', 'Informatics', 'scored', 80),
  ('LS',    'Lịch sử', 'History', 'scored', 90),
  ('DL',    'Địa lí', 'Geography', 'scored', 100),
  ('VL',    'Vật lí', 'Physics', 'scored', 110),
  ('HH',    'Hóa học', 'Chemistry', 'scored', 120),
  ('SH',    'Sinh học', 'Biology', 'scored', 130),
  ('KTPL',  'Giáo dục kinh tế và pháp luật', 'Economics and law', 'scored', 140),
  ('QPAN',  'Giáo dục quốc phòng và an ninh', 'Defence and security', 'scored', 150),
  ('GDTC',  'Giáo dục thể chất', 'Physical education', 'commented', 160),
  ('NT',    'Nghệ thuật', 'Arts', 'commented', 170),
  ('AN',    'Âm nhạc', 'Music', 'commented', 180),
  ('MT',    'Mĩ thuật', 'Fine arts', 'commented', 190),
  ('HDTN',  'Hoạt động trải nghiệm, hướng nghiệp', 'Experiential and career activities', 'commented', 200),
  ('GDDP',  'Nội dung giáo dục của địa phương', 'Local education', 'commented', 210),
  ('NN2',   'Ngoại ngữ 2', 'Foreign language 2', 'scored', 220),
  ('TDT',   'Tiếng dân tộc thiểu số', 'Ethnic minority language', 'scored', 230);

INSERT INTO subject_periods (subject_code, grade, valid_from, periods)
SELECT s.code, g.grade, DATE '2021-09-05', s.periods
  FROM (VALUES ('TOAN', 140), ('VAN', 140), ('NN1', 105), ('KHTN', 140), ('LSDL', 105), ('GDCD', 35), ('TH', 35),
               ('GDTC', 70), ('NT', 70), ('HDTN', 105), ('GDDP', 35), ('NN2', 105), ('TDT', 105)) AS s (code, periods)
 CROSS JOIN (VALUES (6), (7), (8), (9)) AS g (grade);

INSERT INTO subject_periods (subject_code, grade, valid_from, periods) VALUES
  ('CN', 6, '2021-09-05', 35), ('CN', 7, '2021-09-05', 35), ('CN', 8, '2021-09-05', 52), ('CN', 9, '2021-09-05', 52);

INSERT INTO subject_periods (subject_code, grade, valid_from, periods)
SELECT s.code, g.grade, DATE '2022-09-05', s.periods
  FROM (VALUES ('TOAN', 105), ('VAN', 105), ('NN1', 105), ('LS', 52), ('QPAN', 35), ('GDTC', 70), ('HDTN', 105), ('GDDP', 35),
               ('DL', 70), ('KTPL', 70), ('VL', 70), ('HH', 70), ('SH', 70), ('CN', 70), ('TH', 70), ('AN', 70), ('MT', 70),
               ('NN2', 105), ('TDT', 105)) AS s (code, periods)
 CROSS JOIN (VALUES (10), (11), (12)) AS g (grade);

INSERT INTO provinces (province_code, name, valid_from) VALUES
  ('01', 'Hà Nội', '2025-07-01'), ('04', 'Cao Bằng', '2025-07-01'), ('08', 'Tuyên Quang', '2025-07-01'), ('11', 'Điện Biên', '2025-07-01'),
  ('12', 'Lai Châu', '2025-07-01'), ('14', 'Sơn La', '2025-07-01'), ('15', 'Lào Cai', '2025-07-01'), ('19', 'Thái Nguyên', '2025-07-01'),
  ('20', 'Lạng Sơn', '2025-07-01'), ('22', 'Quảng Ninh', '2025-07-01'), ('24', 'Bắc Ninh', '2025-07-01'), ('25', 'Phú Thọ', '2025-07-01'),
  ('31', 'Hải Phòng', '2025-07-01'), ('33', 'Hưng Yên', '2025-07-01'), ('37', 'Ninh Bình', '2025-07-01'), ('38', 'Thanh Hóa', '2025-07-01'),
  ('40', 'Nghệ An', '2025-07-01'), ('42', 'Hà Tĩnh', '2025-07-01'), ('44', 'Quảng Trị', '2025-07-01'), ('46', 'Huế', '2025-07-01'),
  ('48', 'Đà Nẵng', '2025-07-01'), ('51', 'Quảng Ngãi', '2025-07-01'), ('52', 'Gia Lai', '2025-07-01'), ('56', 'Khánh Hòa', '2025-07-01'),
  ('66', 'Đắk Lắk', '2025-07-01'), ('68', 'Lâm Đồng', '2025-07-01'), ('75', 'Đồng Nai', '2025-07-01'), ('79', 'Hồ Chí Minh', '2025-07-01'),
  ('80', 'Tây Ninh', '2025-07-01'), ('82', 'Đồng Tháp', '2025-07-01'), ('86', 'Vĩnh Long', '2025-07-01'), ('91', 'An Giang', '2025-07-01'),
  ('92', 'Cần Thơ', '2025-07-01'), ('96', 'Cà Mau', '2025-07-01');

-- Public holidays (Labour Code 2019, article 112, and 24 November from 2026). The days around Tết and 2 September that the state
-- chooses each year are those announced for 2026; for later years only what the law itself fixes, schools close further days themselves.
INSERT INTO public_holidays (holiday_on, name_vi, name_en) VALUES
  ('2026-01-01', 'Tết Dương lịch', 'New Year'), ('2027-01-01', 'Tết Dương lịch', 'New Year'), ('2028-01-01', 'Tết Dương lịch', 'New Year'),
  ('2028-01-03', 'Nghỉ bù Tết Dương lịch', 'New Year (in lieu)'),
  ('2026-02-16', 'Tết Nguyên đán', 'Lunar New Year'), ('2026-02-17', 'Tết Nguyên đán', 'Lunar New Year'),
  ('2026-02-18', 'Tết Nguyên đán', 'Lunar New Year'), ('2026-02-19', 'Tết Nguyên đán', 'Lunar New Year'),
  ('2026-02-20', 'Tết Nguyên đán', 'Lunar New Year'),
  ('2027-02-05', 'Tết Nguyên đán', 'Lunar New Year'), ('2027-02-06', 'Tết Nguyên đán', 'Lunar New Year'),
  ('2027-02-07', 'Tết Nguyên đán', 'Lunar New Year'), ('2027-02-08', 'Tết Nguyên đán', 'Lunar New Year'),
  ('2028-01-25', 'Tết Nguyên đán', 'Lunar New Year'), ('2028-01-26', 'Tết Nguyên đán', 'Lunar New Year'),
  ('2028-01-27', 'Tết Nguyên đán', 'Lunar New Year'), ('2028-01-28', 'Tết Nguyên đán', 'Lunar New Year'),
  ('2026-04-26', 'Giỗ Tổ Hùng Vương', 'Hung Kings'' Commemoration'), ('2026-04-27', 'Nghỉ bù Giỗ Tổ', 'Hung Kings'' Commemoration (in lieu)'),
  ('2027-04-16', 'Giỗ Tổ Hùng Vương', 'Hung Kings'' Commemoration'), ('2028-04-04', 'Giỗ Tổ Hùng Vương', 'Hung Kings'' Commemoration'),
  ('2026-04-30', 'Ngày Chiến thắng', 'Reunification Day'), ('2027-04-30', 'Ngày Chiến thắng', 'Reunification Day'),
  ('2028-04-30', 'Ngày Chiến thắng', 'Reunification Day'),
  ('2026-05-01', 'Quốc tế Lao động', 'Labour Day'), ('2027-05-01', 'Quốc tế Lao động', 'Labour Day'),
  ('2027-05-03', 'Nghỉ bù Quốc tế Lao động', 'Labour Day (in lieu)'), ('2028-05-01', 'Quốc tế Lao động', 'Labour Day'),
  ('2026-09-01', 'Quốc khánh', 'National Day'), ('2026-09-02', 'Quốc khánh', 'National Day'), ('2027-09-02', 'Quốc khánh', 'National Day'),
  ('2028-09-02', 'Quốc khánh', 'National Day'), ('2028-09-04', 'Nghỉ bù Quốc khánh', 'National Day (in lieu)'),
  ('2026-11-24', 'Ngày Văn hóa Việt Nam', 'Vietnamese Culture Day'), ('2027-11-24', 'Ngày Văn hóa Việt Nam', 'Vietnamese Culture Day'),
  ('2028-11-24', 'Ngày Văn hóa Việt Nam', 'Vietnamese Culture Day');
